"""Whoever builds a room finds here what they forgot; CONTRIBUTING.md, "Build a room", names the places."""

import importlib
import inspect
import json
import tomllib
from pathlib import Path

import pytest
from django.conf import settings

from api import api
from apps.notifications.audiences import AUDIENCES

ROOT = Path(__file__).resolve().parent.parent
ROOMS = sorted(folder.name for folder in (ROOT / "apps").iterdir() if (folder / "__init__.py").exists())
LINTER = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
DECLARED = {contract["name"]: contract for contract in LINTER["contracts"]}
BELOW_ALL = {"console", "demo", "web"}
"""Rooms above all others, which have no layers of their own."""


def has(room: str, module: str) -> bool:
    return (ROOT / "apps" / room / f"{module}.py").exists()


def with_module(module: str) -> list[str]:
    return [room for room in ROOMS if has(room, module)]


@pytest.mark.parametrize("room", ROOMS)
def test_it_is_installed_has_tests_and_is_on_the_map(room):
    assert any(name == f"apps.{room}" or name.startswith(f"apps.{room}.") for name in settings.INSTALLED_APPS)
    assert (ROOT / "tests" / room).is_dir()
    assert f"<b>{room}</b>" in (ROOT / "docs/architecture.md").read_text()


@pytest.mark.parametrize("room", ROOMS)
def test_both_import_contracts_know_it(room):
    order = " ".join(DECLARED["Apps import downwards only"]["layers"])

    assert f"apps.{room}" in order
    assert room in BELOW_ALL or f"apps.{room}" in DECLARED["Layers inside each app"]["containers"]


@pytest.mark.parametrize("room", with_module("api"))
def test_its_router_is_mounted(room):
    router = importlib.import_module(f"apps.{room}.api").router

    assert router in [mounted for _, mounted in api._routers]


@pytest.mark.parametrize("room", with_module("tasks"))
def test_the_schedule_starts_its_tasks(room):
    module = importlib.import_module(f"apps.{room}.tasks")
    tasks = {
        f"apps.{room}.tasks.{name}"
        for name, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__
    }
    scheduled = {row["func"] for row in json.loads((ROOT / "fixtures/schedules.json").read_text())["rows"]}

    assert tasks <= scheduled


@pytest.mark.parametrize("room", with_module("audiences"))
def test_its_audiences_are_known(room):
    importlib.import_module(f"apps.{room}.audiences")

    assert room == "notifications" or any(
        inspect.getmodule(audience).__name__.startswith(f"apps.{room}.") for audience in AUDIENCES.values()
    )
