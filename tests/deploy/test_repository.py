"""What the files around the code promise to those who take it."""

import json
import re
import tomllib
from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest
import yaml
from django.conf import settings

pytestmark = pytest.mark.sqlite

ROOT = Path(settings.BASE_DIR)
FINE = re.compile(
    r"\b(MIT|BSD|Apache|MPL|Mozilla Public|PSF|Python Software|ISC|Unlicense|Zlib|0BSD|LGPL|Lesser General)", re.I
)
"""Licences that let Infloo keep its own. The lesser GPL among them: it is imported, and can be exchanged."""
OTHERS = re.compile(r"\bA?GPL|Affero|(?<!Lesser )General Public|\bSSPL|\bBUSL|Commons Clause|Proprietary", re.I)


def licence_of(package: Distribution) -> list[str]:
    """What may be chosen from, in the words of the package itself."""
    said, classifiers = package.metadata, package.metadata.get_all("Classifier") or []
    declared = [text for text in classifiers if text.startswith("License ::")]
    text = said.get("License-Expression") or "; ".join(declared) or (said.get("License") or "").partition("\n")[0]
    return str(text).split(" OR ")


def is_compatible(licence: str) -> bool:
    return bool(FINE.search(licence)) and not OTHERS.search(licence)


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("MIT", True),
        ("LGPL-3.0-only", True),
        ("License :: OSI Approved :: GNU Lesser General Public License v2 (LGPLv2)", True),
        ("GPL-2.0-or-later", False),
        ("AGPL-3.0-only", False),
        ("License :: OSI Approved :: GNU General Public License v3 (GPLv3)", False),
        ("MIT AND GPL-3.0-only", False),
        ("Some licence of our own", False),
        ("", False),
    ],
)
def test_it_knows_a_licence_by_its_name(licence, expected):
    assert is_compatible(licence) is expected


def test_every_library_allows_the_licence_of_infloo():
    found = {package.metadata["Name"]: licence_of(package) for package in distributions()}

    assert len(found) > 50
    assert {name: choice for name, choice in found.items() if not any(map(is_compatible, choice))} == {}


def test_the_licence_is_the_one_that_is_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert project["license"] == "BSD-3-Clause"
    assert "BSD 3-Clause License" in (ROOT / project["license-files"][0]).read_text()


def test_the_version_stands_in_one_place():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert project["version"] == settings.VERSION
    assert json.loads((ROOT / "docs/openapi.json").read_text())["info"]["version"] == project["version"]


def test_before_a_commit_runs_what_make_lint_runs():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert recipe
    lint = [line.strip().replace("$(BIN)", ".venv/bin") for line in recipe[1].splitlines()]
    assert [repository["repo"] for repository in hooks] == ["local"]  # it fetches nothing
    assert [hook["entry"] for hook in hooks[0]["hooks"]] == lint


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md", "SECURITY.md"])
def test_what_a_page_links_to_is_there(page):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / page).read_text())

    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []
