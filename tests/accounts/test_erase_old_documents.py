from datetime import timedelta

import pytest
from constance.test import override_config
from django.core.files.storage import FileSystemStorage
from django.utils import timezone

from apps.accounts.models import Document
from apps.accounts.services.documents import erase_old_documents
from apps.accounts.tasks import erase_old_documents as scheduled
from apps.core import site_settings
from tests.factories import DocumentFactory


def decided(days_ago, **fields):
    return DocumentFactory(approved=True, reviewed_at=timezone.now() - timedelta(days=days_ago), **fields)


@pytest.fixture
def erase(django_capture_on_commit_callbacks):
    def erase():
        with django_capture_on_commit_callbacks(execute=True):
            return erase_old_documents()

    return erase


def test_the_file_goes_the_outcome_stays(db, erase, stored_files):
    document = decided(91)

    erased = erase()

    before = (document.sha256, document.status, document.reviewed_at, document.size)
    document.refresh_from_db()
    assert erased == 1
    assert stored_files() == []
    assert not document.file
    assert (document.sha256, document.status, document.reviewed_at, document.size) == before


def test_rejected_ones_go_too(db, erase):
    DocumentFactory(rejected=True, reviewed_at=timezone.now() - timedelta(days=91))

    assert erase() == 1


@pytest.mark.parametrize("days", [0, 89])
def test_before_its_time_it_stays(db, erase, stored_files, days):
    decided(days)

    assert erase() == 0
    assert len(stored_files()) == 1


def test_a_pending_one_is_never_too_old(db, erase, stored_files):
    document = DocumentFactory()
    type(document).objects.update(created_at=timezone.now() - timedelta(days=1000))

    assert erase() == 0
    assert len(stored_files()) == 1


def test_twice_is_harmless(db, erase):
    decided(91)

    assert (erase(), erase()) == (1, 0)


def test_a_file_that_is_gone_already_is_no_obstacle(db, erase, stored_files):
    decided(91)
    decided(91)
    stored_files()[0].unlink()

    assert erase() == 2
    assert stored_files() == []


def test_a_file_that_does_not_go_stops_no_other_and_is_tried_again(db, erase, stored_files, monkeypatch, caplog):
    stuck, other = decided(91), decided(91)
    delete = FileSystemStorage.delete

    def fail(storage, name):
        if name == stuck.file.name:
            raise OSError("The disk is busy.")
        delete(storage, name)

    with monkeypatch.context() as broken:
        broken.setattr(FileSystemStorage, "delete", fail)
        first = erase()
    left = [path.name for path in stored_files()]
    second = erase()

    assert (first, second) == (1, 1)
    assert left == [stuck.file.name.removeprefix("documents/")]
    assert stored_files() == []
    assert [record.getMessage() for record in caplog.records] == [
        f"The file of document {stuck.pk} could not be erased"
    ]
    assert not Document.objects.with_file().filter(pk__in=[stuck.pk, other.pk]).exists()


@pytest.mark.parametrize(("retention", "erased"), [(10, 1), (12, 0)])
def test_staff_set_how_long(db, erase, retention, erased):
    decided(11)

    with override_config(document_retention_days=retention):
        site_settings.read.cache_clear()
        assert erase() == erased


def test_the_schedule_starts_it(db):
    document = decided(91)

    scheduled()

    document.refresh_from_db()
    assert not document.file
