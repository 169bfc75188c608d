"""A client generated from docs/openapi.json, compiled and used."""

import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, Infloo

CLIENT = ROOT / "examples/typescript"


def npm(folder: Path, *arguments: str) -> str:
    done = subprocess.run(["npm", *arguments], cwd=folder, check=False, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.node
@pytest.mark.sqlite
def test_the_generated_client_compiles_and_walks_the_journey(shared: Infloo):
    npm(CLIENT, "ci", "--no-progress")
    npm(CLIENT, "run", "build")
    npm(CLIENT, "run", "check")

    told = npm(CLIENT, "run", "--silent", "journey", "--", shared.url)

    assert told.splitlines() == [
        "ok: the brand accepts a connection",
        "ok: alice is going to the event",
        "ok: alice writes to the brand",
        "ok: the brand's log tells of it",
        "ok: the brand reads it",
        "ok: alice may not host events",
    ]
