"""How much a person may upload in a day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from apps.core.media import quota
from apps.core.media.errors import QuotaExceeded
from apps.core.models import UploadDay
from apps.core.tasks import prune_upload_days
from tests.client import PDF, ApiClient, image_file, pdf_file
from tests.factories import UserFactory
from tests.races import together
from tests.samples import huge_png, zip_of

PIXELS = 40 * 30
"""Of `image_file()`."""
EXCEEDED = "You have uploaded too much today. Please try again tomorrow."


def spent(user):
    return UploadDay.objects.filter(user=user).values_list("bytes", "pixels").get()


@pytest.fixture
def bob(db):
    return UserFactory(username="bob")


SENDERS = {
    "avatar": lambda client, file: client.put("/users/profile/avatar", form={"file": file}),
    "document": lambda client, file: client.post("/users/verify", form={"type": "identity", "file": file}),
    "story": lambda client, file: client.post("/stories", form={"content_file": file}),
    "cover": lambda client, file: client.post("/events", form={**EVENT, "cover": file}),
    "attachment": lambda client, file: client.post("/chat", form={"receiver_id": bob_id(), "attachments": [file]}),
}
EVENT = {"title": "Meeting", "date": "2099-01-01T00:00:00Z", "location": "Bonn"}


def bob_id():
    return UserFactory(username="bob").pk


@pytest.fixture
def host(db):
    return UserFactory(role="brand")


@pytest.mark.parametrize("kind", SENDERS)
def test_every_upload_counts_its_bytes_and_pixels(host, kind):
    picture = image_file("PNG")

    response = SENDERS[kind](ApiClient(host), picture)

    assert response.status_code in (200, 201), response.content
    assert spent(host) == (picture.size, PIXELS)


@pytest.mark.parametrize("kind", SENDERS)
@pytest.mark.parametrize("limit", ["UPLOAD_BYTES_PER_DAY", "UPLOAD_PIXELS_PER_DAY"])
def test_more_than_that_is_429_until_midnight(host, stored_files, settings, kind, limit):
    setattr(settings, limit, 50)

    response = SENDERS[kind](ApiClient(host), image_file())

    assert response.status_code == 429
    assert response.json() == {"error": EXCEEDED, "detail": EXCEEDED, "code": "quota_exceeded", "status_code": 429}
    now = timezone.now()
    midnight = datetime(now.year, now.month, now.day, tzinfo=UTC) + timedelta(days=1)
    assert abs(int(response["Retry-After"]) - (midnight - now).total_seconds()) < 60
    assert stored_files() == []


@pytest.mark.parametrize("key", [{}, {"idempotency_key": "one"}])
@pytest.mark.parametrize(
    ("content", "pixels"),
    [
        (b"MZ" + bytes(200), 0),
        (b"%PDF-1.4 half of it", 0),
        (image_file("JPEG", (400, 400)).read()[:-300], 160_000),
        (huge_png(20_000), 0),
        (zip_of("a")[:-30], 0),
    ],
    ids=["another type", "half a PDF", "half a JPEG", "a bomb", "half a ZIP"],
)
def test_what_is_refused_counts_too(alice, alice_client, content, pixels, key):
    file = SimpleUploadedFile("story", content)

    response = alice_client.post("/stories", form={"content_file": file}, **key)

    assert response.status_code in (400, 415)
    assert spent(alice) == (len(content), pixels)


def test_whoever_has_no_pixels_left_may_send_other_files(alice, bob, alice_client):
    UploadDay.objects.create(user=alice, day=timezone.now().date(), pixels=2_000_000_000)

    def send(file):
        return alice_client.post("/chat", form={"receiver_id": bob.pk, "attachments": [file]})

    assert send(image_file()).status_code == 429
    assert send(pdf_file()).status_code == 201


def test_a_picture_with_more_than_is_left_uses_all_up(alice, alice_client, settings):
    settings.UPLOAD_PIXELS_PER_DAY = PIXELS + 5
    sizes = [(40, 30), (2, 3), (1, 1)]

    statuses = [
        alice_client.post("/stories", form={"content_file": image_file(size=size)}).status_code for size in sizes
    ]

    assert statuses == [201, 429, 429]
    assert spent(alice)[1] == PIXELS + 5


def test_bytes_that_do_not_fit_leave_what_is_left(alice, settings):
    settings.UPLOAD_BYTES_PER_DAY = 100

    quota.spend_bytes(alice.pk, 60)
    with pytest.raises(QuotaExceeded):
        quota.spend_bytes(alice.pk, 41)
    quota.spend_bytes(alice.pk, 40)

    assert spent(alice) == (100, 0)


def test_everybody_has_a_day_of_their_own(alice, bob, settings, monkeypatch):
    settings.UPLOAD_BYTES_PER_DAY = 100
    quota.spend_bytes(alice.pk, 100)

    quota.spend_bytes(bob.pk, 100)
    tomorrow = timezone.now() + timedelta(days=1)
    monkeypatch.setattr(timezone, "now", lambda: tomorrow)
    quota.spend_bytes(alice.pk, 100)

    assert UploadDay.objects.filter(user=alice).count() == 2


def test_past_days_are_forgotten(alice):
    today = timezone.now().date()
    for day in (date(2020, 1, 1), today - timedelta(days=1), today):
        UploadDay.objects.create(user=alice, day=day)

    prune_upload_days()

    assert UploadDay.objects.get().day == today


def test_an_answer_that_is_given_again_costs_nothing(alice, alice_client):
    form = {"content_file": image_file()}
    alice_client.post("/stories", form=form, idempotency_key="one")
    before = spent(alice)
    form["content_file"].seek(0)

    assert alice_client.post("/stories", form=form, idempotency_key="one").status_code == 201
    assert spent(alice) == before


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_take_no_more_than_there_is(settings):
    user = UserFactory()
    settings.UPLOAD_BYTES_PER_DAY = 5 * len(PDF)

    def spend():
        try:
            quota.spend_bytes(user.pk, len(PDF))
        except QuotaExceeded:
            return False
        return True

    assert sum(together(*[spend] * 20)) == 5
    assert spent(user) == (5 * len(PDF), 0)
