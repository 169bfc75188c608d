"""A look of staff at a private file is one row of the audit trail, whatever the kind of file and however it is read."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.core.models import AuditEntry
from tests.client import ApiClient
from tests.factories import (
    AttachmentFactory,
    DocumentFactory,
    EventFactory,
    ReportFileFactory,
    StaffFactory,
    StoryFactory,
)
from tests.races import together

KINDS = {
    "document": (DocumentFactory, "document.viewed"),
    "story": (StoryFactory, "story.viewed"),
    "event": (lambda: EventFactory(covered=True, private=True), "event.cover_viewed"),
    "attachment": (AttachmentFactory, "message.viewed"),
    "report": (ReportFileFactory, "case.file_viewed"),
}
every_kind = pytest.mark.parametrize("kind", KINDS)


def path_of(kind):
    return f"/files/{kind}/{KINDS[kind][0]().pk}"


def read(client, path, **headers):
    response = client.get(path, **headers)
    assert response.status_code in (200, 206, 416), response.content
    return b"".join(response.streaming_content) if response.streaming else response.content


@every_kind
def test_it_is_written_down_once_for_all_its_parts(db, kind):
    client, path = ApiClient(StaffFactory()), path_of(kind)

    for part in ("bytes=0-4", "bytes=5-9", "bytes=10-"):
        read(client, path, range=part)
    read(client, path)

    assert list(AuditEntry.objects.values_list("action", flat=True)) == [KINDS[kind][1]]


@every_kind
def test_after_ten_minutes_it_is_another(db, kind, monkeypatch):
    client, path = ApiClient(StaffFactory()), path_of(kind)

    now = timezone.now
    read(client, path)
    monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(minutes=10))
    read(client, path)

    assert AuditEntry.objects.count() == 2


@every_kind
def test_what_sends_nothing_is_none(db, kind):
    client, path = ApiClient(StaffFactory()), path_of(kind)

    assert client.call("HEAD", path).status_code == 200
    assert client.get(path, if_none_match="*").status_code == 304
    read(client, path, range="bytes=999999-")

    assert not AuditEntry.objects.exists()


def test_each_of_several_files_is_looked_at_by_itself(db):
    first = ReportFileFactory(name="one.png")
    second = ReportFileFactory(name="two.png", case=first.case)
    client = ApiClient(StaffFactory())

    for file in (first, second, first):
        read(client, f"/files/report/{file.pk}")

    targets = [f"moderation.reportfile:{file.pk}" for file in (first, second)]
    assert sorted(AuditEntry.objects.values_list("target", flat=True)) == targets


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_parts_that_are_asked_for_at_once_are_one_look():
    client, path = ApiClient(StaffFactory()), path_of("story")

    together(*[lambda: read(client, path, range="bytes=0-4")] * 6)

    assert AuditEntry.objects.count() == 1
