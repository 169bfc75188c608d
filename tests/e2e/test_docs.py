"""Every command in the pages of this repository: run by a test, or named here with the reason why none can run it."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.contrib import admin
from django.core.management import get_commands, load_command_class

from apps.core.declarations import declared
from tests.e2e.conftest import ROOT, Home, fresh_environment

PAGES = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "benchmarks/**/*.md", "deploy/**/*.md", "examples/**/*.md")
    for path in ROOT.glob(pattern)
    if "node_modules" not in path.parts
)
OTHER_LANGUAGES = {"", "ini", "js", "json", "mermaid", "python", "ts", "yaml"}
"""Blocks in these are no commands; shells are called sh, and by no other name."""
HERE = "tests/e2e/test_docs.py::test_the_commands_about_backup_and_demo_work_when_pasted"

WHOLE_PAGE = "*"
"""Instead of a heading, where one test runs all that no other line here names."""

RUN_BY = {
    ("README.md", "Start"): "tests/e2e/conftest.py::launch",
    ("README.md", "A tour with curl"): "tests/e2e/test_readme.py::test_the_tour_of_the_readme_works_when_pasted",
    ("docs/mobile.md", WHOLE_PAGE): "tests/e2e/test_mobile_page.py::test_its_commands_work_when_pasted",
    ("docs/operations.md", "Backup and restore"): HERE,
    ("docs/operations.md", "The demo network"): HERE,
    ("examples/typescript/README.md", WHOLE_PAGE): (
        "tests/e2e/test_typescript.py::test_the_generated_client_compiles_and_walks_the_journey"
    ),
}
"""Page and heading, and what runs the commands under it."""

NOT_RUN = {
    ("CHANGELOG.md", WHOLE_PAGE): "groupadd, chown and chmod change a whole server",
    ("benchmarks/README.md", "Benchmarks"): "they measure for many minutes, and need the machine for themselves",
    ("docs/operations.md", "First start"): "apt, useradd, systemctl and the domain's certificate change a whole server",
    ("docs/operations.md", "Libraries and images, once a month"): "it asks the package index for newer versions",
    ("docs/operations.md", "Upgrades"): "git pull and systemctl; test_layout takes up new code under load, test_backup "
    "and `make run` run the rest",
}

UNTOLD = {"Blocks", "Connections", "Conversations", "Notifications"}
"""Lists of the console in which there is nothing for staff to do."""


class Block(NamedTuple):
    page: str
    heading: str
    language: str
    text: str

    @property
    def place(self) -> tuple[str, str]:
        """Its line in RUN_BY or NOT_RUN."""
        exactly = (self.page, self.heading)
        return exactly if exactly in RUN_BY.keys() | NOT_RUN.keys() else (self.page, WHOLE_PAGE)


def blocks() -> Iterator[Block]:
    for path in PAGES:
        heading, fence, lines = "", None, list[str]()
        for line in path.read_text().splitlines():
            if line.strip().startswith("```"):
                if fence is not None:
                    yield Block(str(path.relative_to(ROOT)), heading, fence, "\n".join(lines))
                fence, lines = (line.strip()[3:].strip() if fence is None else None), []
            elif fence is not None:
                lines.append(line)
            elif line.startswith("#"):
                heading = line.lstrip("# ")


BLOCKS = list(blocks())
COMMANDS = [block for block in BLOCKS if block.language == "sh"]


def spans() -> Iterator[tuple[str, str]]:
    """Commands inside a sentence."""
    for path in PAGES:
        prose = re.sub(r"```.*?```", "", path.read_text(), flags=re.DOTALL)
        yield from ((str(path.relative_to(ROOT)), span) for span in re.findall(r"`([^`]+)`", prose))


TOLD = [*((block.page, block.text) for block in COMMANDS), *spans()]
"""All that a reader may type."""


def told(pattern: str) -> set[tuple[str, ...]]:
    return {(page, *match.groups()) for page, text in TOLD for match in re.finditer(pattern, text)}


def test_every_block_of_commands_is_run_or_cannot_be():
    assert {block.place for block in COMMANDS} == RUN_BY.keys() | NOT_RUN.keys()
    assert not RUN_BY.keys() & NOT_RUN.keys()


def test_commands_stand_in_blocks_called_sh():
    assert {block.language for block in BLOCKS} <= OTHER_LANGUAGES | {"sh"}
    assert [block for block in BLOCKS if not block.language and re.search(r"^\$ ", block.text, re.MULTILINE)] == []


@pytest.mark.parametrize("test", sorted(set(RUN_BY.values())))
def test_what_runs_them_is_there(test: str):
    file, _, name = test.partition("::")

    assert re.search(rf"^def {name}\(", (ROOT / file).read_text(), re.MULTILINE)


@pytest.mark.parametrize("block", COMMANDS, ids=lambda block: f"{block.page} {block.heading}")
def test_the_shell_understands_every_block(block: Block):
    checked = subprocess.run(["bash", "-n"], input=block.text, capture_output=True, text=True, check=False)

    assert checked.stderr == ""


@pytest.mark.parametrize(("page", "name", "arguments"), sorted(told(r"manage\.py (\w+)([^\n#;&|`]*)")))
def test_a_management_command_that_is_named_exists_with_its_options(page: str, name: str, arguments: str):
    parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)

    for option in re.findall(r"(?<=\s)--?[a-z][a-z-]*", arguments):
        assert option in parser._option_string_actions, f"{page}: {name} {option}"


@pytest.mark.parametrize(("page", "target"), sorted(told(r"\bmake ([a-z]+)")))
def test_a_target_of_make_that_is_named_exists(page: str, target: str):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


@pytest.mark.parametrize(
    ("page", "path"), sorted(told(r"(?<![\w/.-])((?:\.ci|apps|config|deploy|docs|examples|fixtures)/[\w./-]*\w)"))
)
def test_a_file_that_is_named_exists(page: str, path: str):
    assert (ROOT / path).exists() or (ROOT / page).parent.joinpath(path).exists()


@pytest.mark.parametrize(("page", "script"), sorted(told(r"npm run ([\w-]+)")))
def test_a_script_of_npm_that_is_named_exists(page: str, script: str):
    assert script in json.loads((ROOT / page).parent.joinpath("package.json").read_text())["scripts"]


def test_the_picture_of_the_house_shows_every_room():
    [picture, _] = [block.text for block in BLOCKS if block.language == "mermaid"]
    rooms = {path.parent.name for path in (ROOT / "apps").glob("*/apps.py")}

    assert set(re.findall(r"^ +(\w+)\[", picture, re.MULTILINE)) - {"top"} == rooms


def test_the_pages_for_staff_name_lists_and_actions_as_the_console_does():
    page = (ROOT / "docs/staff/README.md").read_text()
    lists = {page.title for page in declared("console", "PAGES")}
    actions = {choice for model in admin.site._registry.values() for choice in described(model)}

    assert {title for title in lists if f"*{title}*" not in page} == UNTOLD
    assert set(re.findall(r"\*([A-Z][\w ]+ selected [\w ]+)\*", page)) <= actions


def described(model: Any) -> Iterator[str]:
    for name in model.actions or []:
        yield getattr(getattr(model, str(name), name), "short_description", "")


def commands_under(heading: str) -> list[str]:
    return [block.text for block in COMMANDS if block.place == ("docs/operations.md", heading)]


def paste(text: str, environment: dict[str, str], folder: Path) -> str:
    """As on a server, but for the places of the archives."""
    text = text.replace("/var/backups/infloo", str(folder)).replace("infloo.tar", str(folder / "infloo.tar"))
    path = f"{ROOT / '.venv/bin'}:{environment['PATH']}"
    command = ["bash", "-euc", text]
    done = subprocess.run(
        command, cwd=ROOT, env={**environment, "PATH": path}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.sqlite
def test_the_commands_about_backup_and_demo_work_when_pasted(demo_home: Home, tmp_path: Path):
    back_up, restore = commands_under("Backup and restore")
    [demo] = commands_under("The demo network")
    running = demo_home.running()
    archives = tmp_path / "archives"
    archives.mkdir()
    empty = fresh_environment(tmp_path / "data")

    assert paste(back_up, running.environment, archives).count("wrote the database and ") == 2
    told = paste(restore, empty, archives)
    again = paste(demo, empty, archives)

    assert running.environment["TOKEN_KEY"] in told
    assert running.environment["DATA_KEYS"] in told
    assert "put back the database and " in told
    assert "The demo network is there already" in again
    assert len(list((tmp_path / "data/public").rglob("*.webp"))) > 100
