import shutil
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from random import Random

import pytest
from django.conf import settings
from django.core.management.base import OutputWrapper
from django.db import transaction
from django.db.models.fields.files import FieldFile
from django.utils import timezone

from apps.accounts.models import User
from apps.demo.build import populate
from apps.demo.logins import NAMES
from apps.demo.progress import Progress
from apps.demo.world import World
from tests.client import ApiClient

PEOPLE = 68


def silent() -> Progress:
    return Progress(OutputWrapper(StringIO()))


def small_world() -> World:
    return World(Random(1), timezone.now(), silent())


@pytest.fixture(autouse=True)
def stored_files() -> None:
    """Here they stay from test to test: `network` removes them."""


@pytest.fixture(scope="module")
def network(django_db_setup, django_db_blocker) -> Iterator[World]:
    """Built once for the tests of a module, which only look at it."""
    with django_db_blocker.unblock(), transaction.atomic():
        world = small_world()
        populate(world, PEOPLE)
        yield world
        transaction.set_rollback(True)
    remove_files()


@pytest.fixture
def files_removed() -> Iterator[None]:
    yield
    remove_files()


def remove_files() -> None:
    for name in ("default", "private"):
        shutil.rmtree(settings.STORAGES[name]["OPTIONS"]["location"], ignore_errors=True)


def files() -> list[Path]:
    folders = [Path(settings.STORAGES[name]["OPTIONS"]["location"]) for name in ("default", "private")]
    return sorted(path for folder in folders for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def logins(network, db) -> dict[str, ApiClient]:
    return {name: ApiClient(User.objects.get(username=name)) for name in NAMES}


def content_of(file: FieldFile) -> bytes:
    with file.open() as opened:
        return opened.read()
