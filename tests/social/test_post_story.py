from datetime import datetime, timedelta
from io import BytesIO
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image

from apps.core.http import throttling
from apps.core.models import IdempotencyKey
from apps.social.models import Story
from tests.client import ApiClient, image_file, media_file, pdf_file
from tests.factories import UserFactory
from tests.samples import boxes_of, huge_png

URL = "/stories"
NOT_ACCEPTED = "This type of file is not accepted. Accepted are: GIF, JPG, MOV, MP4, PNG, WEBM, WEBP."
DAMAGED = "The file is damaged or incomplete."
TOO_MANY_PIXELS = "The picture has more than 64 million pixels."
TOO_MANY_FRAMES = "The picture has more than 500 frames."
EMPTY = "The submitted file is empty."
MEGABYTE = 1024 * 1024


def post(client, file, **fields):
    return client.post(URL, form={"content_file": file} | fields)


def named(content, name="story.jpg"):
    return SimpleUploadedFile(name, content, "image/jpeg")


def moving(format, durations, size=(40, 30), **options):
    target = BytesIO()
    frames = [Image.new("L", size, number * 37 % 256) for number in range(len(durations))]  # grey needs no palette
    frames[0].save(target, format, save_all=True, append_images=frames[1:], duration=durations, **options)
    return named(target.getvalue())


def photo_with_location():
    """Taken in portrait, somewhere: red above, once it is turned."""
    image = Image.new("RGB", (400, 200), "blue")
    image.paste("red", (0, 0, 100, 200))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010F] = "SpyCam"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0)})
    target = BytesIO()
    image.save(target, "JPEG", exif=exif.tobytes(), comment=b"SpyCam")
    return named(target.getvalue())


def photo_with_depth():
    """As telephones make them: a JPEG with a second picture behind the first."""
    target = BytesIO()
    Image.new("RGB", (40, 30), "teal").save(target, "MPO", save_all=True, append_images=[Image.new("RGB", (9, 9))])
    return named(target.getvalue())


def index_first(film):
    boxes = boxes_of(film)
    return b"".join(boxes.pop(name) for name in (b"ftyp", b"moov")) + b"".join(boxes.values())


def bomb(**options):
    """Small to send, 600 frames to decode."""
    return moving("GIF", [20] * 600, **options)


def stored(stored_files):
    (path,) = stored_files()
    return Image.open(BytesIO(path.read_bytes()))


def test_it_is_there_for_a_day(alice, alice_client, stored_files):
    before = timezone.now()

    response = post(alice_client, image_file(), caption="  Hello  ")

    story = Story.objects.get()
    data = response.json()["data"]
    assert response.status_code == 201
    assert response.json()["message"] == "Story created successfully."
    assert set(data) == {"id", "user", "caption", "content_url", "media_type", "created_at", "expires_at"}
    assert (data["id"], data["user"], data["caption"], data["media_type"]) == (story.pk, "alice", "Hello", "image")
    assert f"/api/v1/files/story/{story.pk}?sig=" in data["content_url"]
    assert data["created_at"].endswith("Z")
    created, expires = (datetime.fromisoformat(data[name]) for name in ("created_at", "expires_at"))
    assert expires - created == timedelta(hours=24)
    assert before <= created <= timezone.now()
    assert (story.user, story.created_at, story.expires_at) == (alice, created, expires)
    assert len(stored_files()) == 1


def test_everybody_may_post(db):
    for role in ("influencer", "brand", "entrepreneur", "investor"):
        assert post(ApiClient(UserFactory(role=role)), image_file()).status_code == 201


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_picture_keeps_its_format_and_its_size(alice_client, stored_files, format):
    data = post(alice_client, image_file(format)).json()["data"]

    story = Story.objects.get()
    picture = stored(stored_files)
    assert data["media_type"] == "image"
    assert (story.content_type, story.duration) == (f"image/{format.lower()}", None)
    assert (picture.format, picture.size) == (format, (40, 30))


def test_a_photo_tells_nothing_of_place_and_camera(alice_client, stored_files):
    photo = photo_with_location()

    post(alice_client, photo)

    picture = stored(stored_files)
    assert b"SpyCam" not in stored_files()[0].read_bytes()
    assert not picture.getexif()
    assert "comment" not in picture.info


def test_a_photo_is_turned_as_the_camera_says(alice_client, stored_files):
    post(alice_client, photo_with_location())

    picture = stored(stored_files)
    assert picture.size == (200, 400)
    assert picture.getpixel((100, 20))[0] > 200
    assert picture.getpixel((100, 380))[2] > 200


def test_of_a_photo_with_more_behind_it_the_photo_stays(alice_client, stored_files):
    assert post(alice_client, photo_with_depth()).status_code == 201

    picture = stored(stored_files)
    assert (picture.format, picture.size) == ("JPEG", (40, 30))


@pytest.mark.parametrize(("format", "loop"), [("GIF", 3), ("GIF", None), ("WEBP", 3), ("PNG", 3)])
def test_a_moving_picture_goes_on_moving(alice_client, stored_files, format, loop):
    options = {} if loop is None else {"loop": loop}

    response = post(alice_client, moving(format, [100, 300, 50], **options))

    picture = stored(stored_files)
    durations = []
    for number in range(picture.n_frames):
        picture.seek(number)
        picture.load()
        durations.append(picture.info["duration"])
    assert response.json()["data"]["media_type"] == "image"
    assert (picture.format, durations, picture.info.get("loop")) == (format, [100, 300, 50], loop)


@pytest.mark.parametrize(
    ("name", "content_type", "duration"),
    [("clip.mp4", "video/mp4", 2.0), ("clip.mov", "video/quicktime", 2.0), ("clip.webm", "video/webm", None)],
)
def test_a_film_keeps_its_bytes(alice_client, stored_files, name, content_type, duration):
    film = media_file(name)

    data = post(alice_client, film).json()["data"]

    story = Story.objects.get()
    assert data["media_type"] == "video"
    assert (story.content_type, story.duration) == (content_type, duration)
    film.seek(0)
    assert [path.read_bytes() for path in stored_files()] == [film.read()]


def test_a_film_may_begin_with_its_index(alice_client):
    post(alice_client, named(index_first(media_file("clip.mp4").read())))

    assert Story.objects.get().duration == 2.0


def test_a_film_whose_index_is_not_understood_has_no_duration(alice_client):
    film = media_file("clip.mp4").read()

    post(alice_client, named(film.replace(b"trak", b"TRAK").replace(b"mvhd", b"MVHD")))

    assert Story.objects.get().duration is None


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.jpg", "story.php", "x" * 300 + ".jpg", "a b;'\"<>.svg", "\u202egpj.exe"]
)
def test_the_name_of_the_file_does_not_matter(alice_client, stored_files, name):
    response = post(alice_client, SimpleUploadedFile(name, image_file("JPEG").read(), "text/html"))

    (path,) = stored_files()
    assert response.status_code == 201
    assert (path.parent.name, path.suffix, len(path.stem)) == ("stories", ".jpg", 32)


@pytest.mark.parametrize(("length", "status"), [(500, 201), (501, 400)])
def test_a_caption_has_at_most_500_characters(alice_client, stored_files, length, status):
    response = post(alice_client, image_file(), caption="é" * length)

    assert response.status_code == status
    assert Story.objects.count() == len(stored_files()) == (status == 201)
    if status == 400:
        assert response.json()["details"] == {"caption": ["Ensure this field has no more than 500 characters."]}


@pytest.mark.parametrize("field", ["expires_at", "created_at", "user", "media_type", "duration", "unknown"])
def test_nothing_else_is_taken(alice_client, stored_files, field):
    response = post(alice_client, image_file(), **{field: "2040-01-01T00:00:00Z"})

    assert response.status_code == 400
    assert response.json()["details"] == {field: ["Unknown field."]}
    assert stored_files() == []
    assert not Story.objects.exists()


@pytest.mark.parametrize("form", [{}, {"content_file": ""}, {"content_file": "text"}, {"caption": "Hello"}])
def test_a_missing_file_is_named(alice_client, form):
    response = alice_client.post(URL, form=form)

    assert response.status_code == 400
    assert response.json()["details"] == {"content_file": ["No file was submitted."]}


@pytest.mark.parametrize(
    "content",
    [
        b"hello",
        b"MZ" + b"\0" * 200,
        b"<html><script>alert(1)</script></html>",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"BM" + b"\0" * 50,
        b"RIFF\0\0\0\0AVI LIST" + b"\0" * 50,
        b"\x1aE\xdf\xa3\x01\0\0\0\0\0\0\x23B\x82\x88matroska" + b"\0" * 50,
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + b"\0" * 50,
        pdf_file().read(),
    ],
)
def test_another_type_of_file_is_415_whatever_it_is_called(alice_client, stored_files, content):
    response = post(alice_client, named(content))

    assert response.status_code == 415
    assert response.json() == {
        "error": NOT_ACCEPTED,
        "detail": NOT_ACCEPTED,
        "code": "unsupported_type",
        "status_code": 415,
    }
    assert stored_files() == []
    assert not Story.objects.exists()


FILM = media_file("clip.mp4").read()
MOVING_GIF = moving("GIF", [100] * 6).read()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", EMPTY),
        (image_file().read()[:60], DAMAGED),
        (image_file("JPEG", (400, 400)).read()[:-300], DAMAGED),
        (image_file("WEBP", (400, 400)).read()[:-20], DAMAGED),
        (b"\x89PNG\r\n\x1a\n<html><script>alert(1)</script></html>", DAMAGED),
        (b"GIF89a<html><script>alert(1)</script></html>", DAMAGED),
        *[(MOVING_GIF[: len(MOVING_GIF) * part // 10], DAMAGED) for part in (3, 5, 7, 9)],
        (moving("WEBP", [100] * 3).read()[:-20], DAMAGED),
        *[(FILM[:length], DAMAGED) for length in (40, 900, len(FILM) - 1)],
        *[(index_first(FILM)[:length], DAMAGED) for length in (40, 900, len(FILM) - 1)],
        (FILM + b"<html>", DAMAGED),
        (FILM[:32] + b"\0\0\0\x08free" * 20_000, DAMAGED),
        (boxes_of(FILM)[b"ftyp"] + boxes_of(FILM)[b"mdat"], DAMAGED),
        (media_file("clip.mov").read()[:-1], DAMAGED),
        (huge_png(20_000), TOO_MANY_PIXELS),
        (bomb().read(), TOO_MANY_FRAMES),
        (moving("GIF", [20] * 65, size=(1000, 1000)).read(), TOO_MANY_PIXELS),
    ],
)
def test_a_bad_file_leaves_neither_row_nor_file(alice_client, stored_files, content, sentence):
    response = post(alice_client, named(content))

    assert response.status_code == 400
    assert response.json() == {
        "error": "Validation Error",
        "detail": sentence,
        "code": "invalid_file",
        "status_code": 400,
        "details": {"content_file": [sentence]},
    }
    assert stored_files() == []
    assert not Story.objects.exists()


@pytest.mark.parametrize(
    ("name", "head", "megabytes"),
    [
        ("picture.png", image_file().read(), 10),
        ("clip.mp4", FILM, 50),
        ("clip.webm", media_file("clip.webm").read(), 50),
    ],
)
def test_a_file_too_large_is_413(alice_client, stored_files, name, head, megabytes):
    response = post(alice_client, named(head + b"\0" * (megabytes * MEGABYTE + 1 - len(head)), name))

    assert response.status_code == 413
    assert response.json()["detail"] == f"The file is larger than {megabytes} MB."
    assert stored_files() == []
    assert not Story.objects.exists()


def test_a_film_may_be_larger_than_a_picture(alice_client, stored_files):
    free = (11 * MEGABYTE).to_bytes(4) + b"free"

    response = post(alice_client, named(FILM + free + b"\0" * (11 * MEGABYTE - 8)))

    assert response.status_code == 201
    assert stored_files()[0].stat().st_size == len(FILM) + 11 * MEGABYTE


def test_the_same_key_posts_once_and_signs_the_link_anew(alice_client, stored_files, monkeypatch):
    first = alice_client.post(URL, form={"content_file": image_file(), "caption": "One"}, idempotency_key="one")
    later = timezone.now().timestamp() + 3601
    monkeypatch.setattr("django.core.signing.time.time", lambda: later)

    again = alice_client.post(URL, form={"content_file": image_file(), "caption": "One"}, idempotency_key="one")

    old, new = (response.json()["data"]["content_url"] for response in (first, again))
    assert again.status_code == 201
    assert again.json()["data"]["id"] == first.json()["data"]["id"] == Story.objects.get().pk
    assert len(stored_files()) == IdempotencyKey.objects.count() == 1
    assert [status_of(link) for link in (old, new)] == [401, 200]


def status_of(link):
    parts = urlsplit(link)
    response = Client().get(f"{parts.path}?{parts.query}")
    b"".join(response)  # unread, the file would stay open
    return response.status_code


def test_the_same_key_with_another_file_is_409(alice_client, stored_files):
    alice_client.post(URL, form={"content_file": image_file()}, idempotency_key="one")

    response = alice_client.post(URL, form={"content_file": image_file("JPEG")}, idempotency_key="one")

    assert (response.status_code, response.json()["code"]) == (409, "idempotency_key_reused")
    assert len(stored_files()) == 1


def test_a_refused_file_leaves_the_key_free(alice_client):
    alice_client.post(URL, form={"content_file": named(b"hello")}, idempotency_key="one")

    assert alice_client.post(URL, form={"content_file": image_file()}, idempotency_key="one").status_code == 201


def test_it_is_throttled(alice_client, stored_files, settings):
    settings.THROTTLES = True
    settings.THROTTLE_RATES = settings.THROTTLE_RATES | {"story": "1/hour"}
    throttling.limiter().storage.reset()
    post(alice_client, image_file())

    assert post(alice_client, image_file()).status_code == 429
    assert len(stored_files()) == 1


def test_it_asks_who_is_calling(db, stored_files):
    assert post(ApiClient(), image_file()).status_code == 401
    assert stored_files() == []
