from urllib.parse import urlsplit

import pytest
from django.test import Client

from apps.core.http.links import file_path
from apps.core.models import AuditEntry
from tests.client import ApiClient, image_file, media_file
from tests.factories import ReportFactory, ReportFileFactory, StaffFactory, UserFactory


@pytest.fixture
def file(db):
    return ReportFileFactory()


def read(response):
    """A file's answer with what was sent in `file`; unread, it would stay open."""
    response.file = b"".join(response.streaming_content) if response.streaming else None
    return response


def get(client, file, **headers):
    return read(client.get(f"/files/report/{file.pk}", **headers))


def open_link(link):
    parts = urlsplit(link)
    return read(Client().get(f"{parts.path}?{parts.query}"))


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("moderator", 200),
        ("superuser", 200),
        ("staff without the permission", 404),
        ("reporter", 404),
        ("reported", 404),
        ("reported moderator", 404),
        ("stranger", 404),
        ("nobody", 401),
    ],
)
def test_who_may_open_it(file, who, status):
    moderator = StaffFactory()
    people = {
        "moderator": lambda: moderator,
        "superuser": lambda: UserFactory(is_superuser=True),
        "staff without the permission": lambda: UserFactory(is_staff=True, role="brand"),
        "reporter": lambda: ReportFactory(case=file.case).reporter,
        "reported": lambda: file.case.target_owner,
        "reported moderator": lambda: moderator,
        "stranger": UserFactory,
        "nobody": lambda: None,
    }
    if who == "reported moderator":
        file = ReportFileFactory(case__target_owner=moderator)

    assert get(ApiClient(people[who]()), file).status_code == status
    assert AuditEntry.objects.exists() == (status == 200)


def test_a_look_is_written_down(file):
    moderator = StaffFactory()

    assert open_link(file_path("report", file.pk, moderator.pk)).file == image_file().read()

    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action) == (moderator, "case.file_viewed")
    assert (entry.target, entry.person) == (f"moderation.reportfile:{file.pk}", file.case.target_owner)


def test_a_part_of_a_film_can_be_read(db):
    film = media_file("clip.mp4").read()
    file = ReportFileFactory(content_type="video/mp4", name="story-1.mp4", file=media_file("clip.mp4"))

    response = get(ApiClient(StaffFactory()), file, range="bytes=100-199")

    assert (response.status_code, response.file) == (206, film[100:200])
    assert response["Content-Type"] == "video/mp4"


@pytest.mark.parametrize(
    ("kind", "name", "shown"),
    [
        ("image/png", "a.png", "inline"),
        ("application/pdf", "a.pdf", "inline"),
        ("application/zip", "a.zip", "attachment"),
    ],
)
def test_what_a_browser_cannot_show_is_for_saving(db, kind, name, shown):
    file = ReportFileFactory(content_type=kind, name=name)

    response = get(ApiClient(StaffFactory()), file)

    assert response["Content-Disposition"] == f'{shown}; filename="{name}"'
    assert response["Cache-Control"] == "private, no-cache"
    assert response["X-Content-Type-Options"] == "nosniff"


def test_a_link_opens_its_own_file_only(file):
    moderator, other = StaffFactory(), ReportFileFactory()
    signature = file_path("report", file.pk, moderator.pk).partition("?")[2]

    assert open_link(f"/api/v1/files/report/{other.pk}?{signature}").status_code == 401
    assert open_link(f"/api/v1/files/story/{file.pk}?{signature}").status_code == 401


def test_a_file_that_is_lost_is_not_found(file, stored_files):
    stored_files()[0].unlink()

    assert get(ApiClient(StaffFactory()), file).status_code == 404
    assert not AuditEntry.objects.exists()
