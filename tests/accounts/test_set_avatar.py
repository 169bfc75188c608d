from io import BytesIO
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image

from apps.accounts.models import Profile
from tests.client import ApiClient, image_file, pdf_file
from tests.races import together
from tests.samples import huge_png

URL = "/users/profile/avatar"
DAMAGED = "The file is damaged or incomplete."
NOT_ACCEPTED = "This type of file is not accepted. Accepted are: JPG, PNG, WEBP."


def put(client, file):
    return client.put(URL, form={"file": file})


def read(path):
    return Image.open(BytesIO(path.read_bytes()))


def photo_with_location(**options):
    """Taken in portrait, somewhere."""
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    exif[0x010F] = "SpyCam"
    exif.get_ifd(0x8825).update({1: "N", 2: (52.0, 31.0, 12.0)})
    return image_file("JPEG", size=(400, 200), exif=exif.tobytes(), **options)


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_everybody_can_see_the_new_picture(alice_client, format):
    response = put(alice_client, image_file(format))

    url = response.json()["data"]["avatar"]
    picture = Client().get(urlsplit(url).path)
    assert response.status_code == 200
    assert response.json() == {"message": "OK", "data": {"avatar": url}}
    assert url.startswith("http")
    assert (picture.status_code, picture["Content-Type"]) == (200, "image/webp")
    assert picture["X-Content-Type-Options"] == "nosniff"
    assert alice_client.get("/users/profile").json()["data"]["avatar"] == url


def test_the_picture_tells_nothing_of_place_and_camera(alice_client, stored_files):
    put(alice_client, photo_with_location())

    (path,) = stored_files()
    picture = read(path)
    assert (picture.format, picture.size) == ("WEBP", (512, 512))
    assert not picture.getexif()
    assert b"SpyCam" not in path.read_bytes()


def test_a_picture_with_transparency_keeps_it(alice_client, stored_files):
    target = BytesIO()
    Image.new("LA", (10, 10), (0, 0)).save(target, "PNG")

    response = put(alice_client, SimpleUploadedFile("a.png", target.getvalue(), "image/png"))

    assert response.status_code == 200
    assert read(stored_files()[0]).mode == "RGBA"


def test_the_former_file_goes_once_the_new_one_is_committed(
    alice_client, stored_files, django_capture_on_commit_callbacks
):
    put(alice_client, image_file())
    (former,) = stored_files()

    with django_capture_on_commit_callbacks(execute=True):
        put(alice_client, image_file())
        assert former in stored_files()
        assert len(stored_files()) == 2

    assert former not in stored_files()
    assert len(stored_files()) == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The submitted file is empty."),
        (b"hello", NOT_ACCEPTED),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", NOT_ACCEPTED),
        (b"GIF89a" + b"\0" * 50, NOT_ACCEPTED),
        (pdf_file().read(), NOT_ACCEPTED),
        (image_file().read()[:60], DAMAGED),
        (image_file("JPEG", (400, 400)).read()[:-300], DAMAGED),
    ],
)
def test_what_is_no_picture_leaves_neither_row_nor_file(alice_client, stored_files, content, sentence):
    response = put(alice_client, SimpleUploadedFile("me.png", content, "image/png"))

    assert response.status_code == 400
    assert response.json()["details"] == {"file": [sentence]}
    assert stored_files() == []
    assert not Profile.objects.get().avatar


def test_a_bad_file_leaves_the_former_picture(alice_client, stored_files):
    put(alice_client, image_file())
    before = stored_files()

    put(alice_client, SimpleUploadedFile("me.png", b"hello", "image/png"))

    assert stored_files() == before
    assert Profile.objects.get().avatar


def test_a_decompression_bomb_is_refused_by_its_size(alice_client, stored_files):
    response = put(alice_client, SimpleUploadedFile("me.png", huge_png(10_000)))

    assert response.status_code == 400
    assert response.json()["details"] == {"file": ["The picture has more than 64 million pixels."]}
    assert stored_files() == []


def test_a_file_too_large_is_413(alice_client, stored_files):
    big = image_file().read() + b"\0" * (5 * 1024 * 1024)

    response = put(alice_client, SimpleUploadedFile("me.png", big, "image/png"))

    assert response.status_code == 413
    assert response.json()["detail"] == "The file is larger than 5 MB."
    assert stored_files() == []


@pytest.mark.parametrize("form", [{}, {"file": ""}, {"file": "text"}])
def test_a_missing_file_is_named(alice_client, form):
    response = alice_client.put(URL, form=form)

    assert response.status_code == 400
    assert response.json()["details"] == {"file": ["No file was submitted."]}


def test_unknown_fields_of_the_form_are_refused(alice_client, stored_files):
    response = alice_client.put(URL, form={"file": image_file(), "user": "2"})

    assert response.json()["details"] == {"user": ["Unknown field."]}
    assert stored_files() == []


def test_it_asks_who_is_calling(db):
    assert put(ApiClient(), image_file()).status_code == 401


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_file_is_left(alice, stored_files):
    clients = [ApiClient(alice) for _ in range(4)]

    answers = together(*[lambda client=client: put(client, image_file()) for client in clients])

    assert [answer.status_code for answer in answers] == [200] * 4
    assert [path.name for path in stored_files()] == [Profile.objects.get().avatar.name.rpartition("/")[2]]
