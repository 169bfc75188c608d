"""Files that are not what they say, at a running server: each is refused, and nothing of it stays."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from re import fullmatch
from typing import NamedTuple

import httpx
import pytest

from tests.client import PDF
from tests.e2e.conftest import Home, Infloo, processes_of
from tests.e2e.files import FILM, huge_picture, picture
from tests.e2e.people import data_of, id_of, joined

pytestmark = pytest.mark.sqlite  # the database has no part in it

MEGABYTE = 1024 * 1024
MAX_UPLOAD_BYTES = 101 * MEGABYTE
MEMORY = 300 * MEGABYTE
"""More than the web process needs; the huge picture alone would take 400 MB."""

DAMAGED = "The file is damaged or incomplete."
EMPTY = "The submitted file is empty."
TOO_MANY_PIXELS = "The picture has more than 64 million pixels."
HTML = b"<!doctype html><html><script>alert(1)</script></html>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
JPEG, PNG = picture("JPEG"), picture()


class Place(NamedTuple):
    """Where files are sent."""

    path: str
    field: str
    folder: str
    table: str
    not_accepted: int
    """What another type of file is answered with."""
    limits: dict[str, int]
    """Megabytes, by the type of the file."""


PLACES = {
    "story": Place("/api/v1/stories", "content_file", "stories", "social_story", 415, {"PNG": 10, "MP4": 50}),
    "document": Place("/api/v1/users/verify", "file", "documents", "accounts_document", 400, {"PNG": 10, "PDF": 10}),
    "chat": Place("/api/v1/chat", "attachments", "attachments", "messaging_message", 400, {"PNG": 20, "PDF": 20}),
}


class Sender(NamedTuple):
    client: httpx.Client
    fields: dict[str, dict[str, str]]
    """What a form says besides its file, at each place."""

    def send(self, place: str, content: bytes, name: str) -> httpx.Response:
        path, field, *_ = PLACES[place]
        return self.client.post(path, data=self.fields[place], files={field: (name, content)})


@pytest.fixture(scope="module")
def sender(shared_home: Home) -> Iterator[Sender]:
    infloo = shared_home.running()
    with joined(infloo, "trickster", 1) as client, joined(infloo, "target", 1) as target:
        yield Sender(
            client, {"story": {}, "document": {"type": "identity"}, "chat": {"receiver_id": str(id_of(target))}}
        )


def rows(infloo: Infloo) -> dict[str, int]:
    tables = [place.table for place in PLACES.values()]
    tables += ["messaging_conversation", "messaging_attachment", "notifications_notification"]
    return {table: infloo.ask(f"SELECT count(*) FROM {table}")[0][0] for table in tables}


@pytest.fixture
def nothing_stays(shared: Infloo, sender: Sender) -> Iterator[None]:
    rows_before, files_before = rows(shared), shared.files()
    yield
    assert rows(shared) == rows_before
    assert shared.files() == files_before


def assert_refused(answer: httpx.Response, status: int, code: str, sentence: str, field: str) -> None:
    assert answer.status_code == status, answer.text
    body = answer.json()
    assert (body["code"], body["status_code"]) == (code, status)
    assert body["detail"].startswith(sentence)
    if status == 400:
        assert body["details"] == {field: [body["detail"]]}


@pytest.mark.usefixtures("nothing_stays")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("notes.txt", "größer".encode("latin-1")),
        ("setup.exe", b"MZ" + bytes(200)),
        ("picture.bmp", b"BM" + bytes(60)),
        ("page.png", HTML),
        ("drawing.png", SVG),
        ("drawing.png", b'<?xml version="1.0"?>' + SVG),
    ],
)
def test_another_type_of_file_is_refused_whatever_it_is_called(sender, place, name, content):
    status = PLACES[place].not_accepted
    code = "unsupported_type" if status == 415 else "invalid_file"

    answer = sender.send(place, content, name)

    sentence = "This type of file is not accepted. Accepted are: "
    assert_refused(answer, status, code, sentence, PLACES[place].field)


EVERYWHERE, FILMS, PAPERS = ["story", "document", "chat"], ["story", "chat"], ["document", "chat"]
DAMAGED_FILES = {
    "half a JPEG": (JPEG[: len(JPEG) // 2], EVERYWHERE),
    "half a PNG": (PNG[: len(PNG) // 2], EVERYWHERE),
    "half an MP4": (FILM[: len(FILM) // 2], FILMS),
    "an MP4 without its last byte": (FILM[:-1], FILMS),
    "half a PDF": (PDF[: len(PDF) // 2], PAPERS),
    "HTML that begins like a PNG": (b"\x89PNG\r\n\x1a\n" + HTML, EVERYWHERE),
}


@pytest.mark.usefixtures("nothing_stays")
@pytest.mark.parametrize(
    ("kind", "place"), [(kind, place) for kind, (_, places) in DAMAGED_FILES.items() for place in places]
)
def test_a_damaged_file_is_refused(sender, kind, place):
    answer = sender.send(place, DAMAGED_FILES[kind][0], "holiday.jpg")

    assert_refused(answer, 400, "invalid_file", DAMAGED, PLACES[place].field)


@pytest.mark.usefixtures("nothing_stays")
@pytest.mark.parametrize("place", PLACES)
def test_an_empty_file_is_refused(sender, place):
    assert_refused(sender.send(place, b"", "a.png"), 400, "invalid_file", EMPTY, PLACES[place].field)


@pytest.fixture(scope="module")
def bomb() -> bytes:
    return huge_picture()


@pytest.mark.usefixtures("nothing_stays")
@pytest.mark.parametrize("place", PLACES)
def test_a_picture_of_400_million_pixels_is_refused_before_it_takes_the_memory(shared, sender, bomb, place):
    answer = sender.send(place, bomb, "sky.png")

    assert len(bomb) < MEGABYTE
    assert_refused(answer, 400, "invalid_file", TOO_MANY_PIXELS, PLACES[place].field)
    assert peak_memory(shared) < MEMORY


def peak_memory(infloo: Infloo) -> int:
    [web] = [pid for pid, command in processes_of(infloo.data).items() if "uvicorn" in command]
    status = Path(f"/proc/{web}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


BEGINNINGS = {"PNG": PNG, "MP4": FILM, "PDF": PDF}


@pytest.mark.usefixtures("nothing_stays")
@pytest.mark.parametrize(("place", "type"), [(place, type) for place in PLACES for type in PLACES[place].limits])
def test_a_file_just_over_the_limit_is_413(sender, place, type):
    megabytes = PLACES[place].limits[type]

    answer = sender.send(place, BEGINNINGS[type].ljust(megabytes * MEGABYTE + 1, b"\0"), "large.png")

    sentence = f"The file is larger than {megabytes} MB."
    assert_refused(answer, 413, "too_large", sentence, PLACES[place].field)


def body_of(size: int) -> Iterator[bytes]:
    yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="film.mp4"\r\n\r\n' + FILM
    for _ in range(size // MEGABYTE):
        yield bytes(MEGABYTE)


@pytest.mark.usefixtures("nothing_stays")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("announced", [True, False])
def test_a_body_over_the_limit_is_413_announced_or_not(sender, place, announced):
    body = body_of(MAX_UPLOAD_BYTES)
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    if announced:
        headers["Content-Length"] = str(sum(map(len, body_of(MAX_UPLOAD_BYTES))))

    answer = sender.client.post(PLACES[place].path, content=body, headers=headers)

    assert_refused(answer, 413, "too_large", "The request is too large.", PLACES[place].field)


HOSTILE_NAMES = {
    "a way up": b"../../../etc/passwd.png",
    "a Windows path": b"..\\..\\windows\\system.ini",
    "a path from the root": b"/etc/cron.d/evil",
    "only an ending": b".htaccess",
    "another type": b"page.html",
    "a NUL": b"shell.php\0.png",
    "markup": b"<script>alert(1)</script>.svg",
    "markup for dots": b"&#46;&#46;&#47;evil.png",
    "right to left": "\u202egnp.exe".encode(),
    "very long": b"x" * 300 + b".png",
    "commands": b"$(reboot);`reboot`|reboot",
}
UNREADABLE_NAMES = {"no UTF-8": b"a\xff\xfe.png", "longer than a header may be": b"x" * 3000 + b".png"}


def send_named(sender: Sender, place: str, name: bytes) -> httpx.Response:
    """A whole picture in a form that no well-behaved client writes."""
    disposition = b"--x\r\nContent-Disposition: form-data; name="
    fields = [f'"{field}"\r\n\r\n{value}\r\n'.encode() for field, value in sender.fields[place].items()]
    file = f'"{PLACES[place].field}"; filename="'.encode() + name + b'"\r\n\r\n' + PNG + b"\r\n"
    content = b"".join(disposition + part for part in [*fields, file]) + b"--x--\r\n"
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    return sender.client.post(PLACES[place].path, content=content, headers=headers)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_hostile_name_does_not_matter(shared, sender, place, name):
    before = shared.files()

    sent = data_of(send_named(sender, place, HOSTILE_NAMES[name]), 201)

    [path] = shared.files() - before
    assert fullmatch(rf"private/{PLACES[place].folder}/[0-9a-f]{{32}}\.png", str(path.relative_to(shared.data)))
    for attachment in sent.get("attachments", []):
        assert fullmatch(r'[^\x00-\x1f\u202e<>:"/\\|?*]{1,100}\.png', attachment["name"])
    with closing(shared.connect()) as database:  # one may wait for a decision at a time
        database.execute("UPDATE accounts_document SET status = 'rejected'")


@pytest.mark.usefixtures("nothing_stays")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("name", UNREADABLE_NAMES)
def test_a_name_that_cannot_be_read_is_refused(sender, place, name):
    answer = send_named(sender, place, UNREADABLE_NAMES[name])

    assert_refused(answer, 400, "parse_error", "The body is not a valid form.", "non_field_errors")
