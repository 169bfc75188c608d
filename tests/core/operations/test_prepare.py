"""What `make run` need not do again."""

import os
import time

import pytest

from config.prepare import are_collected

pytestmark = pytest.mark.sqlite


@pytest.fixture
def static(settings, tmp_path):
    """A folder of static files, which were collected after all that was installed."""
    own = tmp_path / "own"
    own.mkdir()
    settings.STATIC_ROOT = tmp_path / "static"
    settings.STATIC_ROOT.mkdir()
    settings.STATICFILES_DIRS = [own]
    return own


def collect(settings):
    later = time.time() + 1
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    manifest.touch()
    os.utime(manifest, (later, later))


def test_static_files_are_collected_until_they_are(settings, static):
    assert not are_collected()

    collect(settings)

    assert are_collected()


def test_a_file_that_came_since_is_collected_however_old_it_is(settings, static):
    collect(settings)
    manifest = settings.STATIC_ROOT / "staticfiles.json"
    os.utime(manifest, (time.time() - 1, time.time() - 1))
    new = static / "new.css"
    new.touch()

    os.utime(new, (0, 0))

    assert not are_collected()
