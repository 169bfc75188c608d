"""The JavaScript client of examples/ in a real browser, on a wire that breaks."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.browser import chromium
from tests.e2e.conftest import ROOT, Infloo
from tests.e2e.people import data_of
from tests.e2e.strangers import Stranger, log_of, say, short_token, speaking, tell_in_step
from tests.e2e.wire import Wire, wire_to

pytestmark = [pytest.mark.browser, pytest.mark.sqlite]

SCRIPT = (ROOT / "examples/javascript/infloo-live.js").read_text()
PAGE = """<!doctype html><script type="module">
import { Live } from "/app/infloo-live.js";

const quick = (milliseconds) => new Promise((resolve) => setTimeout(resolve, Math.min(milliseconds, 2)));

window.begin = (options, settings = {}) => {
  Object.assign(window, { heard: [], pauses: [], reason: null, failure: null, resets: 0, renewals: 0 });
  window.live = new Live(location.origin, {
    refresh: async () => (window.renewals++, window.fresh),
    onReset: () => { if (!window.resets++) throw new Error("no network"); },
    ...options,
  });
  if (!window.patient) live.sleep = (milliseconds) => quick(pauses.push(milliseconds) && milliseconds);
  Object.assign(live, settings);
  live.listen(window.hear ?? ((event) => heard.push(event))).then(
    (reason) => { window.reason = reason; },
    (error) => { window.failure = error.message; },
  );
};
</script>"""
SETTINGS = ("streamTries", "pollMs", "wait", "limit", "retryMs")
EVENTS = 400 if "SOAK" in os.environ else 40
SECONDS = 60


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def wire(shared: Infloo) -> Iterator[Wire]:
    with wire_to(shared.url) as wire:
        yield wire


@contextmanager
def opened(browser: Browser, wire: Wire) -> Iterator[Page]:
    """A page of the origin that the wire leads to: the API is for its own pages and for apps."""
    page = browser.new_page()
    page.set_default_timeout(SECONDS * 1000)
    page.route("**/app/", lambda route: route.fulfill(body=PAGE, content_type="text/html"))
    page.route("**/app/*.js", lambda route: route.fulfill(body=SCRIPT, content_type="text/javascript"))
    page.goto(f"{wire.url}/app/")
    yield page
    page.close()


@pytest.fixture
def page(browser: Browser, wire: Wire) -> Iterator[Page]:
    with opened(browser, wire) as page:
        yield page


def begin(page: Page, person: Stranger | None, **options: Any) -> None:
    """Listen from the beginning, unless `options` say something else; some of them are the client's settings."""
    settings = {name: options.pop(name) for name in list(options) if name in SETTINGS}
    chosen = {"token": person and person.token, "cursor": "0"} | options
    page.evaluate("([options, settings]) => begin(options, settings)", [chosen, settings])


def messages(page: Page) -> list[str]:
    found: list[str] = page.evaluate("heard.filter((one) => one.name === 'message').map((one) => one.data.content)")
    return found


def wait_for_message(page: Page, content: str) -> None:
    page.wait_for_function("content => heard.some((one) => one.data.content === content)", arg=content)


def wait_until(page: Page, is_so: Callable[[], object]) -> None:
    for _ in range(SECONDS * 50):
        if is_so():
            return
        page.wait_for_timeout(20)
    raise AssertionError("it does not happen")


def test_it_hears_what_happens_to_its_person(shared, page, wire, alice, bob):
    begin(page, alice)
    say(shared, bob, alice, "Hi")
    wait_for_message(page, "Hi")
    page.wait_for_function("heard.length === 2")

    assert page.evaluate("heard") == [
        {"name": one["event"], "data": one["data"], "id": one["id"]} for one in log_of(shared, alice)
    ]
    assert (wire.streams, wire.polls) == (1, 0)


def test_it_goes_on_when_the_server_is_back(shared, page, wire, alice, bob):
    begin(page, alice)
    say(shared, bob, alice, "before")
    wait_for_message(page, "before")
    wire.is_down = True
    wire.cut()
    page.wait_for_function("pauses.length > 3")
    say(shared, bob, alice, "meanwhile")
    wire.is_down = False
    wait_for_message(page, "meanwhile")

    pauses = page.evaluate("pauses")
    assert all(pause <= 2000 * 2**number for number, pause in enumerate(pauses, 1)), pauses
    assert messages(page) == ["before", "meanwhile"]


def test_it_does_not_wait_any_longer_when_the_network_is_back(page, alice):
    page.evaluate("window.patient = true")
    page.context.set_offline(True)
    begin(page, alice, cursor=None, retryMs=60_000)
    page.wait_for_function("live.failures === 1")

    page.context.set_offline(False)

    page.wait_for_function("live.cursor === '0'", timeout=25_000)  # it would have waited for 30 seconds at least


def test_where_streams_do_not_get_through_it_polls_and_later_streams_again(shared, page, wire, alice, bob):
    wire.refuses_streams = True
    begin(page, alice, pollMs=1000, wait=1)
    wait_until(page, lambda: wire.polls)
    say(shared, bob, alice, "by poll")
    wait_for_message(page, "by poll")
    refused = wire.streams
    wire.refuses_streams = False
    wait_until(page, lambda: wire.streams > refused)
    say(shared, bob, alice, "by stream")
    wait_for_message(page, "by stream")

    assert refused >= 2
    assert messages(page) == ["by poll", "by stream"]


def test_where_fetch_cannot_stream_it_polls(shared, page, wire, alice, bob):
    page.add_init_script("delete Response.prototype.body")
    page.reload()
    begin(page, alice)
    say(shared, bob, alice, "Hi")
    wait_for_message(page, "Hi")

    assert wire.streams == 0


@pytest.mark.parametrize("settings", [{}, {"streamTries": 0}], ids=["stream", "poll"])
def test_it_says_when_events_are_missing_and_goes_on(shared, page, alice, bob, settings):
    begin(page, alice, cursor="999999", **settings)
    page.wait_for_function("live.cursor === '0'")
    say(shared, bob, alice, "Hi")
    wait_for_message(page, "Hi")

    assert page.evaluate("resets") == 2  # the first failed
    assert messages(page) == ["Hi"]


def test_it_does_not_come_back_after_a_logout(shared, page, alice):
    begin(page, alice, cursor=None)
    page.wait_for_function("live.cursor === '0'")

    with speaking(shared, alice) as person:
        data_of(person.post("/users/auth/logout"))

    page.wait_for_function("reason === 'session_ended'")


def test_it_does_not_fight_with_the_persons_other_clients(shared, page, alice):
    begin(page, alice, cursor=None)
    page.wait_for_function("live.cursor === '0'")

    with ExitStack() as stack, speaking(shared, alice) as person:
        for _ in range(10):
            assert stack.enter_context(person.stream("GET", "/stream")).status_code == 200
        page.wait_for_function("reason === 'too_many'")


def test_it_goes_on_with_a_new_token_when_its_own_expires(shared, page, alice, bob):
    page.evaluate("token => { window.fresh = token; }", alice.token)
    begin(page, alice, token=short_token(shared, alice, 3))
    say(shared, bob, alice, "before")
    page.wait_for_function("renewals === 1")
    say(shared, bob, alice, "after")
    wait_for_message(page, "after")

    assert page.evaluate("renewals") == 1
    assert messages(page) == ["before", "after"]


def test_a_token_that_is_refused_twice_is_the_end(page):
    page.evaluate("window.fresh = 'worthless'")
    begin(page, None, token="worthless")

    page.wait_for_function("reason === 'session_ended'")
    assert page.evaluate("renewals") == 1


def test_cookies_say_who_it_is_where_there_is_no_token(shared, page, wire, alice, bob):
    page.context.add_cookies([{"name": "access_token", "value": alice.token, "url": wire.url, "httpOnly": True}])
    begin(page, None)
    say(shared, bob, alice, "Hi")
    wait_for_message(page, "Hi")


def test_it_stops_when_it_is_told_to(shared, page, wire, alice, bob):
    page.evaluate("() => { window.hear = (event) => { heard.push(event); live.stop(); }; }")
    begin(page, alice)
    say(shared, bob, alice, "Hi")
    page.wait_for_function("reason === 'stopped'")
    page.evaluate("window.hear = null")
    place = page.evaluate("live.cursor")
    assert (page.evaluate("heard.length"), place) == (1, "1")

    begin(page, alice, cursor=place)
    page.wait_for_function("heard.length === 1")
    assert page.evaluate("heard[0].name") == "notification"
    page.evaluate("live.stop()")
    page.wait_for_function("reason === 'stopped'")


def test_what_the_apps_own_handler_throws_is_not_taken_for_the_network(shared, page, alice, bob):
    page.evaluate("() => { window.hear = () => { throw new Error('a mistake'); }; }")
    begin(page, alice)
    say(shared, bob, alice, "Hi")

    page.wait_for_function("failure === 'a mistake'")


def test_cut_off_after_every_event_it_hears_each_once_and_in_order(shared, browser, alice):
    writers, each = 8, EVENTS // 8
    with wire_to(shared.url) as first, wire_to(shared.url) as second:
        for wire in (first, second):
            wire.cuts_streams, wire.seconds_to_cut = True, 0.05
        with opened(browser, first) as streaming, opened(browser, second) as alternating:
            pages = [streaming, alternating]
            begin(streaming, alice, streamTries=2, pollMs=0, limit=1)
            begin(alternating, alice, streamTries=1, pollMs=0, limit=1)
            tell_in_step(shared, alice, writers, each, lambda: min(page.evaluate("heard.length") for page in pages))
            for page in pages:
                page.wait_for_function("count => heard.length === count", arg=EVENTS)
            heard = [page.evaluate("heard") for page in pages]

    truth = [{"name": one["event"], "data": one["data"], "id": one["id"]} for one in log_of(shared, alice)]
    assert len(truth) == EVENTS
    assert heard == [truth, truth]
    assert first.polls < EVENTS / 2
    assert min(second.streams, second.polls) > EVENTS / 4
