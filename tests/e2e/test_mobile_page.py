"""What docs/mobile.md shows works: its commands when pasted, its JavaScript in Node.js, its Python."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from tests.e2e.conftest import ROOT, Home, Infloo
from tests.e2e.strangers import Stranger, say, short_token, strangers

pytestmark = pytest.mark.sqlite

BEFORE = """
const { readFileSync } = await import("node:fs");
const { pair, receiver } = JSON.parse(readFileSync(0));
const saved = [], shown = [];
const load = () => pair, save = (tokens) => saved.push(tokens);
const loadCursor = () => "0", saveCursor = (cursor) => shown.push(cursor);
const loadEverything = () => {}, signInAgain = () => {};
const show = (event) => { if (event.name === "message" && event.data.content === "the last") live.stop(); };
const tell = (fact) => console.log(JSON.stringify(fact));
"""
BETWEEN = """
const profiles = await Promise.all([1, 2, 3, 4, 5].map(() => call("GET", "/users/profile")));
tell([new Set(profiles.map((one) => one.id)).size, saved.length]);
const [one, again] = [await hello("the key"), await hello("the key")];
tell([one.content, one.id === again.id]);
await call("POST", "/chat", { content: "To whom?" }).catch((error) => tell([error.code, error.details]));
await hello("another key", "the last");

function hello(key, content = "Hello") {
  return call("POST", "/chat", { receiver_id: receiver, content }, key);
}
"""
AFTER = """
tell([reason, live.cursor]);
"""


def blocks(language: str, infloo: Infloo) -> list[str]:
    page = (ROOT / "docs/mobile.md").read_text()
    found = re.findall(rf"```{language}\n(.*?)```", page, re.DOTALL)
    return [
        block.replace("http://127.0.0.1:8000", infloo.url).replace("https://infloo.example", infloo.url)
        for block in found
    ]


@pytest.fixture(scope="module")
def people(shared_home: Home) -> Iterator[Stranger]:
    return strangers(shared_home.running(), "developer", 4)


def test_its_commands_work_when_pasted(shared):
    script = "\n".join(["set -eu", *blocks("sh", shared)])
    done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)

    assert done.returncode == 0, done.stderr
    assert re.findall(r'"code":"(\w+)","status_code":(\d+)', done.stdout) == [
        ("token_reused", "401"),
        ("invalid_token", "401"),
        ("idempotency_key_reused", "409"),
        ("validation_error", "400"),
        ("not_found", "404"),
    ]
    statuses = re.findall(r"^(?:{.*})?(\d{3})\b", done.stdout, re.MULTILINE)
    assert statuses == ["201", "201", "409", "200", "206", "304", "200"]
    for words in (
        "Registration successful.",
        "Logged out successfully",
        "200 application/pdf",
        "event: message\nid: 2",
    ):
        assert words in done.stdout
    assert done.stdout.endswith('{"message":"User mira deactivated successfully","data":null}200\n')


@pytest.mark.node
def test_its_javascript_works(shared, people, tmp_path):
    alice, bob = next(people), next(people)
    calling, listening = blocks("js", shared)
    shutil.copy(ROOT / "examples/javascript/infloo-live.js", tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "app.js").write_text("\n".join([BEFORE, calling, BETWEEN, listening, AFTER]))
    pair = {"access": "worthless", "refresh": alice.refresh}
    given = json.dumps({"pair": pair, "receiver": bob.id})

    done = subprocess.run(
        ["node", "app.js"], cwd=tmp_path, input=given, capture_output=True, text=True, check=False, timeout=120
    )

    assert done.returncode == 0, done.stderr
    assert [json.loads(line) for line in done.stdout.splitlines()] == [
        [1, 1],  # one person, one renewal
        ["Hello", True],
        ["validation_error", {"receiver_id": ["This field is required."]}],
        ["stopped", "2"],
    ]


class Enough(Exception):
    """Who reads the page would press Ctrl-C; here that would end the test run with an exit code of its own."""


def test_its_python_works(shared, people):
    alice, bob = next(people), next(people)
    [snippet] = blocks("python", shared)
    say(shared, bob, alice, "Hi")
    shown: list[Any] = []
    saved: list[str] = []

    def show(event: Any) -> None:
        shown.append(event.name)

    def save(cursor: str) -> None:
        saved.append(cursor)
        if cursor == "2":
            raise Enough

    names = {
        "access": short_token(shared, alice, -1),
        "renew": lambda: alice.token,
        "load_cursor": lambda: "0",
        "load_everything": lambda: None,
        "show": show,
        "save_cursor": save,
    }
    with pytest.raises(Enough):
        exec(snippet, names)  # the page's own words

    assert (shown, saved) == (["message", "notification"], ["1", "2"])
