"""nginx, WSGI threads, the ASGI process for streams and the worker, together."""

import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from apps.core.http.errors import Throttled, TooLarge, Unavailable
from tests.client import PDF, image_file
from tests.deploy.layout import ADDRESS, METRICS_TOKEN, START_SECONDS, Layout, launch
from tests.e2e.conftest import ROOT
from tests.e2e.people import connect, data_of, joined, staff, submit, wait_for

pytestmark = [pytest.mark.nginx, pytest.mark.e2e, pytest.mark.postgres]

MEGABYTE = 1024 * 1024
CALLERS = 4
TIMES = 10 if "SOAK" in os.environ else 1


@pytest.fixture(scope="module")
def layout(tmp_path_factory):
    layout = launch(tmp_path_factory.mktemp("layout"))
    yield layout
    for name in list(layout.running):
        layout.stop(name)
    for listener in layout.sockets.values():
        listener.close()


@contextmanager
def member(layout: Layout, username: str, user_type_id: int = 1):
    """Somebody whose paths begin behind /api/v1."""
    with joined(layout, username, user_type_id) as person:
        person.base_url = layout.api
        yield person


@pytest.fixture(scope="module")
def anna(layout):
    with member(layout, "anna") as anna:
        yield anna


def requests_counted(layout: Layout) -> float:
    figures = httpx.get(f"{layout.api}/metrics", headers={"Authorization": f"Bearer {METRICS_TOKEN}"}).text
    return sum(map(float, re.findall(r'^infloo_requests_total{.*operation="health".*} (.*)$', figures, re.MULTILINE)))


def is_envelope(response, error) -> bool:
    """Infloo's own words, although nginx says them, and as well kept from others."""
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    return (response.status_code, response.json()) == (error.status, error.envelope())


def test_the_processes_may_do_what_their_units_allow_and_no_more(layout):
    for name in ("web", "stream", "worker"):
        said = Path(f"/proc/{layout.running[name].pid}/status").read_text()
        assert ("Seccomp:\t2" in said) == bool(shutil.which("systemd-analyze"))


def test_a_brand_is_verified_by_staff(layout):
    with member(layout, "brand1", 2) as brand, staff(layout, "clerk") as console:
        files = {"file": ("licence.pdf", PDF)}
        document = data_of(brand.post("/users/verify", data={"type": "business"}, files=files), 201)
        submit(console, f"/admin/work/documents/{document['id']}/", do="decide", decision="approve", reason="")

        assert data_of(brand.get("/users/profile"))["is_verified"] is True


def test_the_worker_tells_connections_of_an_event(layout):
    event = {"title": "Party", "date": "2099-01-01T10:00:00Z", "location": "Here"}
    with joined(layout, "brand2", 2) as brand, joined(layout, "dora", 1) as dora:
        connect(dora, brand)
        data_of(brand.post("/api/v1/events", json=event), 201)

        wait_for(dora, "brand2 is hosting a new event: Party")


def test_nginx_sends_public_media_and_static_files_itself(layout, anna):
    avatar = anna.put("/users/profile/avatar", files={"file": image_file()}).json()["data"]["avatar"]
    style = re.search(
        r'href="(/static/unfold/css/styles\.[0-9a-f]{12}\.css)"', httpx.get(f"{layout.url}/admin/login/").text
    )

    for url, content_type in ((avatar, "image/webp"), (f"{layout.url}{style[1]}", "text/css")):
        answer = httpx.get(url)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, content_type)
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert ("Content-Security-Policy" in answer.headers) == (url == avatar)
        assert "X-Request-ID" not in answer.headers  # Infloo did not see it


@pytest.mark.parametrize("path", ["nothing.webp", "../private/{}", "%2e%2e/private/{}", "..%2fprivate/{}", "avatars/"])
def test_nothing_private_has_a_path(layout, anna, path):
    anna.post("/users/verify", data={"type": "identity"}, files={"file": ("a.pdf", PDF)})
    private = Path(layout.environment["DATA_DIR"]) / "private"
    name = next(private.rglob("*.pdf")).relative_to(private)

    answer = ask(layout, f"GET /media/{path.format(name)} HTTP/1.1")

    assert answer.startswith((b"HTTP/1.1 404", b"HTTP/1.1 400"))
    assert PDF not in answer


def connected(layout: Layout) -> socket.socket:
    return socket.create_connection(("127.0.0.1", int(layout.url.rpartition(":")[2])), timeout=20)


def ask(layout: Layout, line: str, *headers: str, body: bytes = b"") -> bytes:
    """Say exactly this, and hear everything."""
    with connected(layout) as caller:
        caller.sendall("\r\n".join([line, "Host: 127.0.0.1", "Connection: close", *headers, "", ""]).encode() + body)
        return b"".join(iter(lambda: caller.recv(65536), b""))


def chunked(size: int) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in [b"x" * 65536] * (size // 65536 + 1)) + b"0\r\n\r\n"


def test_what_is_too_large_is_refused_in_the_envelope(layout):
    login = f"{layout.api}/users/auth/login"
    announced = httpx.post(login, content=b"x" * (MEGABYTE + 1), headers={"Content-Type": "application/json"})
    streamed = httpx.post(login, content=iter([b"x" * 65536] * 17), headers={"Content-Type": "application/json"})
    form = ask(
        layout,
        "POST /api/v1/users/verify HTTP/1.1",
        "Content-Type: multipart/form-data; boundary=x",
        "Content-Length: 105906177",
    )

    for answer in (announced, streamed):
        assert is_envelope(answer, TooLarge())
        assert answer.headers["X-Request-ID"]
    assert b"413 Request Entity Too Large" in form
    assert json.loads(form.partition(b"\r\n\r\n")[2]) == TooLarge().envelope()


def test_it_is_refused_while_it_is_read(layout):
    """The rest is never sent, and yet there is an answer."""
    answer = ask(
        layout,
        "POST /api/v1/users/auth/login HTTP/1.1",
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
        body=chunked(2 * MEGABYTE).removesuffix(b"0\r\n\r\n"),
    )

    assert answer.startswith(b"HTTP/1.1 413")


def test_a_form_may_be_larger_and_a_body_may_have_no_length(layout, anna):
    film = b"\0" * (3 * MEGABYTE)
    refused = anna.put("/users/profile/avatar", files={"file": ("film.mp4", film)})
    login = json.dumps({"username": "anna", "password": "Secret@123"}).encode()
    streamed = httpx.post(
        f"{layout.api}/users/auth/login",
        content=iter([login[:10], login[10:]]),
        headers={"Content-Type": "application/json"},
    )

    assert refused.json()["code"] == "invalid_file"
    assert streamed.status_code == 200


@pytest.mark.parametrize("path", ["/users/auth/login", "/nothing", "/users/profile"])
def test_a_form_is_large_only_where_files_are_sent(layout, path):
    answer = httpx.post(f"{layout.api}{path}", files={"file": ("film.mp4", b"x" * MEGABYTE)})

    assert is_envelope(answer, TooLarge())


def test_texts_are_sent_packed_and_streams_are_not(layout, anna):
    asks = {"Accept-Encoding": "gzip"}
    page = httpx.get(f"{layout.url}/admin/login/", headers=asks)
    schema = httpx.get(f"{layout.api}/openapi.json", headers=asks, timeout=START_SECONDS)
    small = httpx.get(f"{layout.api}/health", headers=asks)

    assert [answer.headers.get("Content-Encoding") for answer in (page, schema, small)] == ["gzip", "gzip", None]
    assert schema.headers["Vary"] == "Accept-Encoding"
    with anna.stream("GET", "/stream", headers=asks) as stream:
        assert "Content-Encoding" not in stream.headers
        assert next(stream.iter_text()).startswith("retry: ")


def test_a_page_answers_to_its_own_name_only(layout):
    page, link = [
        httpx.get(f"{layout.url}{path}", headers={"Host": "elsewhere.example"})
        for path in ("/admin/login/", "/api/v1/info")
    ]

    assert page.status_code == 400
    assert link.json()["health"] == f"{layout.api}/health"


def statuses_of(layout: Layout, addresses: list[str]) -> list[int]:
    """Of one small request from each of these, asked all at once."""
    said = "".join(
        f"HEAD /static/console/icon.svg HTTP/1.1\r\nHost: 127.0.0.1\r\n{ADDRESS}: {address}\r\n\r\n"
        for address in addresses
    )
    with connected(layout) as caller:
        caller.sendall(said.encode())
        answers = b""
        while answers.count(b"\r\n\r\n") < len(addresses):
            answers += caller.recv(65536)
    return [int(status) for status in re.findall(rb"^HTTP/1.1 (\d+)", answers, re.MULTILINE)]


@pytest.mark.parametrize(
    ("flooding", "neighbour", "stranger"),
    [
        ("198.51.100.1", "198.51.100.1", "198.51.100.2"),
        # A network of IPv6 is one caller, whose bytes may be those of a line break.
        ("2001:db8:a0a::1", "2001:db8:a0a::2", "2001:db8:a0a:1::1"),
    ],
)
def test_one_caller_floods_themselves_only(layout, flooding, neighbour, stranger):
    statuses = statuses_of(layout, [flooding] * 700 + [neighbour] * 100 + [stranger] * 100)

    assert statuses[:100] == statuses[-100:] == [200] * 100
    assert statuses[799] == 429


def test_one_caller_holds_so_many_requests_at_once_and_is_told(layout):
    address = "198.51.100.3"
    lines = ["POST /api/v1/users/auth/login HTTP/1.1", "Host: 127.0.0.1", f"{ADDRESS}: {address}", "Content-Length: 9"]
    with ExitStack() as held:
        for _ in range(200):
            held.enter_context(connected(layout)).sendall("\r\n".join([*lines, "", ""]).encode())
        layout.wait(lambda: httpx.get(f"{layout.api}/health", headers={ADDRESS: address}).status_code == 429)
        refused = httpx.get(f"{layout.api}/health", headers={ADDRESS: address})

        assert is_envelope(refused, Throttled(1))
        assert refused.headers["Retry-After"] == "1"
        assert layout.answers("/health")


def test_with_a_certificate_nginx_demands_https_too(layout):
    """Infloo goes by PUBLIC_URL, which is not https here."""
    with httpx.Client(base_url=f"https://127.0.0.1:{layout.ports['https']}", verify=False) as visitor:
        answers = [
            visitor.get("/static/console/icon.svg"),
            visitor.post("/api/v1/users/auth/login", content=b"x" * (MEGABYTE + 1)),
        ]
    led = httpx.get(f"http://127.0.0.1:{layout.ports['redirect']}/admin/?a=b")

    assert [answer.status_code for answer in answers] == [200, 413]
    assert {answer.headers["Strict-Transport-Security"] for answer in answers} == {"max-age=31536000"}
    assert (led.status_code, led.headers["Location"]) == (301, "https://127.0.0.1/admin/?a=b")
    assert "Strict-Transport-Security" not in httpx.get(f"{layout.url}/static/console/icon.svg").headers


def test_the_form_door_is_no_path_of_its_own(layout):
    assert b"404" in ask(layout, "GET /.form HTTP/1.1").splitlines()[0]
    assert b"404" in ask(layout, "POST /.form HTTP/1.1", "Content-Length: 0").splitlines()[0]


def test_the_callers_address_is_what_nginx_saw(layout):
    with member(layout, "frieda") as frieda:
        frieda.get("/users/profile", headers={"X-Forwarded-For": "203.0.113.9", "X-Request-ID": "my-request"})

    lines = [json.loads(line) for line in layout.log("web").read_text().splitlines()]
    [line] = [line for line in lines if line.get("request_id") == "my-request"]
    assert line["address"] == "127.0.0.1"


def test_nobody_logs_a_query(layout):
    secret = "/api/v1/stream?token=hidden"
    httpx.get(f"{layout.url}{secret}")
    httpx.get(f"{layout.api}/health?token=hidden")
    ask(layout, "GET /api/v1/health?token=hidden HTTP/9.9")
    with layout.without("stream"):
        httpx.get(f"{layout.url}{secret}")

    access = [json.loads(line) for line in (layout.folder / "infloo.log").read_text().splitlines()]
    assert {"/api/v1/stream", "/api/v1/health"} <= {line["path"] for line in access}
    assert "hidden" not in layout.logs()


def test_streams_have_a_process_of_their_own(layout):
    paths = ("/stream", "/stream/", "/stream/poll", "/stream/poll?cursor=1")
    with layout.without("web"):
        statuses = {httpx.get(f"{layout.api}{path}").status_code for path in paths}
        down = httpx.get(f"{layout.api}/health", headers={"X-Request-ID": "my-request"})
        assert not container_is_healthy(layout)

    assert statuses <= {401, 404}
    assert is_envelope(down, Unavailable())
    assert (down.headers["Retry-After"], down.headers["X-Request-ID"]) == ("5", "my-request")


def container_is_healthy(layout: Layout) -> bool:
    check = [sys.executable, ROOT / "deploy/healthcheck.py", layout.folder / "web.sock"]
    return subprocess.run(check, check=False, capture_output=True).returncode == 0


def test_the_health_check_of_the_container_asks_the_socket(layout):
    assert container_is_healthy(layout)  # and where nobody is behind it: see above


def test_metrics_add_up_over_the_processes(layout):
    before = requests_counted(layout)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: httpx.get(f"{layout.api}/health"), range(40)))

    assert requests_counted(layout) == before + 40
    assert len(list((layout.folder / "metrics").glob("counter_*-*.db"))) >= 2


def keep_asking(layout: Layout, anna: httpx.Client, statuses: list[int], ended: threading.Event) -> None:
    """One caller who reads and writes without a pause, with a new connection and from a new address each time."""
    headers = {"Authorization": anna.headers["Authorization"]}
    while not ended.is_set():
        headers[ADDRESS] = f"10.{random.randrange(256)}.{random.randrange(256)}.1"
        for method, body in (("GET", None), ("PATCH", {"bio": "Hello"})):
            answer = httpx.request(
                method, f"{layout.api}/users/profile", json=body, headers=headers, timeout=START_SECONDS
            )
            statuses.append(answer.status_code)


@pytest.mark.parametrize("action", ["reload", "restart"])
def test_no_request_is_lost_while_new_code_is_taken_up(layout, anna, action):
    statuses: list[int] = []
    ended = threading.Event()
    with ThreadPoolExecutor(CALLERS) as threads:
        callers = [threads.submit(keep_asking, layout, anna, statuses, ended) for _ in range(CALLERS)]
        try:
            for _ in range(TIMES):
                take_up(layout, action)
                answered = len(statuses)
                layout.wait(lambda answered=answered: len(statuses) > answered + 2 * CALLERS)
        finally:
            ended.set()
        assert [caller.exception() for caller in callers] == [None] * CALLERS

    assert set(statuses) == {200}


@pytest.mark.parametrize("action", ["reload", "restart"])
def test_nor_is_a_visit(layout, anna, action):
    """It is written by the process that ends, long before its time (see FLUSH_SECONDS in `launch`)."""
    with member(layout, f"looks-{action}") as looking:
        before = visits_of(anna)
        assert looking.get("/users/profile/anna").status_code == 200
        take_up(layout, action)

        assert visits_of(anna) == before + 1


def visits_of(person: httpx.Client) -> int:
    found: int = person.get("/users/analytics").json()["data"]["totals"]["profile_visits"]
    return found


def take_up(layout: Layout, action: str) -> None:
    """New code, the old processes gone."""
    before = workers_of(layout)
    if action == "reload":
        layout.reload("web")
    else:
        layout.stop("web")
        layout.start("web")
    layout.wait(lambda: not workers_of(layout) & before)


def workers_of(layout: Layout) -> set[str]:
    """The processes that answer, those that finish what they have included."""
    parent = layout.running["web"].pid
    return set(Path(f"/proc/{parent}/task/{parent}/children").read_text().split())


def test_the_logs_are_json(layout):
    for name in ("web", "stream"):
        lines = layout.log(name).read_text().splitlines()
        assert lines
        assert all({"level", "logger", "message", "time"} <= json.loads(line).keys() for line in lines)
