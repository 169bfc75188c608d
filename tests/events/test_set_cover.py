"""An event's picture: sent with the event, replaced and removed with it."""

from io import BytesIO
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection
from django.test import Client
from PIL import Image

from apps.core.models import AuditEntry, IdempotencyKey
from apps.events.models import Event
from tests.client import ApiClient, image_file, pdf_file
from tests.events.people import befriend, in_days, spelt
from tests.factories import AttendanceFactory, EventFactory, StaffFactory, UserFactory
from tests.operations import OPERATIONS
from tests.races import together
from tests.samples import huge_png
from tests.social.test_post_story import moving, photo_with_location

URL = "/events"
DAMAGED = "The file is damaged or incomplete."
NOT_ACCEPTED = "This type of file is not accepted. Accepted are: JPG, PNG, WEBP."
TOO_MANY_PIXELS = "The picture has more than 64 million pixels."
EMPTY = "The submitted file is empty."
NONE = "No file was submitted."
TEN_MEGABYTES = 10 * 1024 * 1024


def whole(**changes):
    return {"title": "Summer Gala", "date": spelt(in_days(7)), "location": "Berlin"} | changes


def post(client, file, **options):
    return client.post(URL, form=whole(cover=file), **options)


def patch(client, event, file):
    return client.patch(f"{URL}/{event.pk}", form={"cover": file})


def named(content, name="cover.jpg"):
    return SimpleUploadedFile(name, content, "image/jpeg")


def open_link(link):
    parts = urlsplit(link)
    response = Client().get(f"{parts.path}?{parts.query}")
    return response.status_code, b"".join(response)


def read(path):
    return Image.open(BytesIO(path.read_bytes()))


@pytest.fixture
def covered(host):
    return EventFactory(host=host, covered=True)


@pytest.mark.parametrize(("format", "suffix"), [("PNG", ".png"), ("JPEG", ".jpg"), ("WEBP", ".webp")])
def test_an_event_is_made_with_its_picture(host_client, stored_files, format, suffix):
    response = post(host_client, image_file(format))

    item = response.json()["data"]
    (path,) = stored_files()
    assert (response.status_code, item["title"], item["location"]) == (201, "Summer Gala", "Berlin")
    assert (path.parent.name, path.suffix, len(path.stem)) == ("covers", suffix, 32)
    assert (read(path).format, read(path).size) == (format, (40, 30))
    assert open_link(item["cover"]) == (200, path.read_bytes())
    assert host_client.get(f"{URL}/{item['id']}").json()["data"]["cover"] == item["cover"]


def test_a_form_carries_every_field(host_client):
    fields = {"description": "Music.", "end_date": spelt(in_days(8)), "capacity": "50", "visibility": "Connections"}

    item = host_client.post(URL, form=whole(cover=image_file(), **fields)).json()["data"]

    assert (item["description"], item["capacity"], item["visibility"]) == ("Music.", 50, "connections")
    assert item["end_date"] == fields["end_date"]


@pytest.mark.parametrize("body", [{}, {"cover": None}])
def test_it_may_be_left_out(host_client, stored_files, body):
    as_json = host_client.post(URL, whole(**body))
    as_form = host_client.post(URL, form=whole())

    assert [answer.json()["data"]["cover"] for answer in (as_json, as_form)] == [None, None]
    assert stored_files() == []


def test_a_photo_tells_nothing_of_place_and_camera(host_client, stored_files):
    post(host_client, photo_with_location())

    (path,) = stored_files()
    assert read(path).size == (200, 400)  # turned as the camera says
    assert not read(path).getexif()
    assert b"SpyCam" not in path.read_bytes()


BAD_FILES = [
    (b"", EMPTY),
    (b"hello", NOT_ACCEPTED),
    (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", NOT_ACCEPTED),
    (pdf_file().read(), NOT_ACCEPTED),
    (image_file("GIF").read(), NOT_ACCEPTED),
    (image_file().read()[:60], DAMAGED),
    (image_file("JPEG", (400, 400)).read()[:-300], DAMAGED),
    (b"\x89PNG\r\n\x1a\n<html><script>alert(1)</script></html>", DAMAGED),
    (huge_png(20_000), TOO_MANY_PIXELS),
]


@pytest.mark.parametrize(("content", "sentence"), BAD_FILES)
def test_a_bad_file_makes_neither_event_nor_file(host_client, stored_files, content, sentence):
    response = post(host_client, named(content))

    body = response.json()
    assert (response.status_code, body["code"], body["details"]) == (400, "invalid_file", {"cover": [sentence]})
    assert not Event.objects.exists()
    assert stored_files() == []


@pytest.mark.parametrize(("content", "sentence"), [BAD_FILES[1], BAD_FILES[5]])
def test_a_bad_file_changes_nothing(host_client, covered, stored_files, content, sentence):
    before = stored_files()

    response = host_client.patch(f"{URL}/{covered.pk}", form={"title": "New", "cover": named(content)})

    covered.refresh_from_db()
    assert (response.status_code, response.json()["details"]) == (400, {"cover": [sentence]})
    assert (covered.title, covered.sequence, stored_files()) == ("Summer Gala", 0, before)


def test_a_file_too_large_is_413(host_client, covered, stored_files):
    before = stored_files()
    head = image_file().read()
    large = [named(head + b"\0" * (TEN_MEGABYTES + 1 - len(head))) for _ in range(2)]

    answers = [post(host_client, large[0]), patch(host_client, covered, large[1])]

    assert [(answer.status_code, answer.json()["detail"]) for answer in answers] == [
        (413, "The file is larger than 10 MB.")
    ] * 2
    assert (Event.objects.count(), stored_files()) == (1, before)


@pytest.mark.parametrize("value", ["", "https://elsewhere.example/a.png", 7, ["x"]])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
def test_a_text_is_no_file(host_client, event, method, value):
    path = URL if method == "POST" else f"{URL}/{event.pk}"

    response = host_client.call(method, path, whole(cover=value))

    assert (response.status_code, response.json()["details"]) == (400, {"cover": [NONE]})


@pytest.mark.parametrize(
    ("changes", "details"),
    [
        ({"date": "2020-01-01T00:00:00Z"}, {"date": ["The date must be in the future."]}),
        ({"capacity": "0"}, {"capacity": ["Ensure this value is greater than or equal to 1."]}),
        ({"host": "1"}, {"host": ["Unknown field."]}),
    ],
)
def test_a_good_file_with_a_wrong_field_is_not_kept(host_client, covered, stored_files, changes, details):
    before = stored_files()

    answers = [
        host_client.post(URL, form=whole(cover=image_file(), **changes)),
        host_client.patch(f"{URL}/{covered.pk}", form={"cover": image_file(), **changes}),
    ]

    assert [(answer.status_code, answer.json()["details"]) for answer in answers] == [(400, details)] * 2
    assert (Event.objects.count(), stored_files()) == (1, before)


def test_who_may_not_host_or_change_it_leaves_no_file(host, covered, stored_files):
    before = stored_files()
    stranger = ApiClient(UserFactory())

    answers = [post(stranger, image_file()), patch(stranger, covered, image_file()), post(ApiClient(), image_file())]

    assert [answer.status_code for answer in answers] == [403, 403, 401]
    assert (Event.objects.count(), stored_files()) == (1, before)


@pytest.mark.parametrize("table", ["events_event", "notifications_fanout", "django_q_ormq"])
def test_a_row_that_cannot_be_written_leaves_no_file(host, stored_files, table):
    befriend(host)

    def broken(execute, sql, params, many, context):
        if sql.startswith(f'INSERT INTO "{table}"'):
            raise IntegrityError("broken")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(broken):
        response = post(ApiClient(host), image_file())

    assert response.status_code == 500
    assert (Event.objects.count(), stored_files()) == (0, [])


@pytest.mark.parametrize("format", ["PNG", "WEBP"])
def test_of_a_moving_picture_the_first_frame_stays(host_client, stored_files, format):
    assert post(host_client, moving(format, [20] * 3)).status_code == 201

    (path,) = stored_files()
    picture = Image.open(BytesIO(path.read_bytes()))
    assert (picture.format, picture.n_frames) == (format, 1)


# Replacing and removing


def send_patch(client, event, **fields):
    return client.patch(f"{URL}/{event.pk}", form=fields) if fields else client.patch(f"{URL}/{event.pk}", {})


def send_put(client, event, **fields):
    return client.put(f"{URL}/{event.pk}", form=whole(**fields))


@pytest.mark.parametrize("send", [send_patch, send_put])
def test_a_new_picture_takes_the_former_one_s_place_after_the_commit(
    host_client, covered, stored_files, django_capture_on_commit_callbacks, send
):
    (former,) = stored_files()

    with django_capture_on_commit_callbacks(execute=True):
        response = send(host_client, covered, cover=image_file("JPEG"))
        assert former in stored_files()

    (new,) = stored_files()
    assert response.status_code == 200
    assert new.suffix == ".jpg"
    assert open_link(response.json()["data"]["cover"]) == (200, new.read_bytes())


@pytest.mark.parametrize(
    "send",
    [
        lambda client, event: client.patch(f"{URL}/{event.pk}", {"cover": None}),
        lambda client, event: client.put(f"{URL}/{event.pk}", whole()),
        lambda client, event: client.put(f"{URL}/{event.pk}", whole(cover=None)),
        lambda client, event: client.put(f"{URL}/{event.pk}", form=whole()),
    ],
)
def test_it_is_removed_after_the_commit(host_client, covered, stored_files, django_capture_on_commit_callbacks, send):
    with django_capture_on_commit_callbacks(execute=True):
        response = send(host_client, covered)
        assert len(stored_files()) == 1

    assert (response.status_code, response.json()["data"]["cover"]) == (200, None)
    assert stored_files() == []
    assert host_client.get(f"/files/event/{covered.pk}").status_code == 404


def test_other_changes_leave_it_alone(host_client, covered, stored_files, django_capture_on_commit_callbacks):
    before = stored_files()

    with django_capture_on_commit_callbacks(execute=True):
        as_json = host_client.patch(f"{URL}/{covered.pk}", {"title": "New"})
        as_form = host_client.patch(f"{URL}/{covered.pk}", form={"location": "Bonn"})

    assert as_json.json()["data"]["cover"] == as_form.json()["data"]["cover"] is not None
    assert stored_files() == before


def test_a_change_that_fails_keeps_the_former_picture(
    host_client, covered, stored_files, django_capture_on_commit_callbacks
):
    before = stored_files()

    def broken(execute, sql, params, many, context):
        if sql.startswith('UPDATE "events_event"'):
            raise IntegrityError("broken")
        return execute(sql, params, many, context)

    with django_capture_on_commit_callbacks(execute=True), connection.execute_wrapper(broken):
        answers = [patch(host_client, covered, image_file()), host_client.patch(f"{URL}/{covered.pk}", {"cover": None})]

    assert [answer.status_code for answer in answers] == [500, 500]
    assert stored_files() == before


def test_attendees_hear_nothing_of_it(host_client, covered, run_jobs):
    person = AttendanceFactory(event=covered).user

    patch(host_client, covered, image_file())
    run_jobs()

    assert not person.notifications.exists()


def test_a_moderator_s_change_is_written_down(covered):
    patch(ApiClient(StaffFactory()), covered, image_file("JPEG"))

    assert AuditEntry.objects.get().changes == {"cover": []}


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_file_is_left(stored_files):
    host = UserFactory(role="brand")
    event = EventFactory(host=host, covered=True)
    clients = [ApiClient(host) for _ in range(4)]

    answers = together(*[lambda client=client: patch(client, event, image_file()) for client in clients])

    assert [answer.status_code for answer in answers] == [200] * 4
    assert [path.name for path in stored_files()] == [Event.objects.get().cover.name.rpartition("/")[2]]


# Retries


def test_the_same_key_makes_one_and_signs_the_link_anew(host_client, stored_files, monkeypatch):
    form = whole(visibility="connections", date="2099-01-01T00:00:00Z")
    first = host_client.post(URL, form=form | {"cover": image_file()}, idempotency_key="one")
    later = in_days(0).timestamp() + 3601
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)

    again = host_client.post(URL, form=form | {"cover": image_file()}, idempotency_key="one")

    old, new = (answer.json()["data"]["cover"] for answer in (first, again))
    assert (again.status_code, again.json()["data"]["id"]) == (201, Event.objects.get().pk)
    assert len(stored_files()) == IdempotencyKey.objects.count() == 1
    assert [open_link(link)[0] for link in (old, new)] == [401, 200]


def test_the_same_key_with_another_picture_is_409(host_client, stored_files):
    date = "2099-01-01T00:00:00Z"
    host_client.post(URL, form=whole(date=date, cover=image_file()), idempotency_key="one")

    response = host_client.post(URL, form=whole(date=date, cover=image_file("JPEG")), idempotency_key="one")

    assert (response.status_code, response.json()["code"]) == (409, "idempotency_key_reused")
    assert len(stored_files()) == 1


def test_a_picture_whose_answer_cannot_be_kept_goes_again(host_client, stored_files):
    def broken(execute, sql, params, many, context):
        if sql.startswith('UPDATE "core_idempotencykey" SET "status"'):
            raise IntegrityError("broken")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(broken):
        response = post(host_client, image_file(), idempotency_key="one")

    assert response.status_code == 500
    assert (Event.objects.count(), stored_files()) == (0, [])


@pytest.mark.parametrize("name", ["create_event", "replace_event", "update_event"])
def test_the_description_offers_json_and_a_form(name):
    (operation,) = [operation for operation in OPERATIONS if operation.id == name]

    assert operation.details["requestBody"]["content"].keys() == {"application/json", "multipart/form-data"}
