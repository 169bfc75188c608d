"""A model, a shape and a router are a room, without an edit outside its folder but those that CONTRIBUTING names."""

import json
import os
import subprocess
import sys

import pytest

from tests.lanes import ROOT


@pytest.mark.sqlite
def test_it_moves_in():
    surroundings = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")}
    command = [sys.executable, "-W", "ignore", "-m", "tests.toys"]
    done = subprocess.run(command, cwd=ROOT, env=surroundings, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout.splitlines()[-1])

    [kite] = said.pop("own")
    assert (kite["name"], kite["owner"]) == ("Kite", "ann")
    assert said.pop("refused")["details"] == {"colour": ["Unknown field."]}
    assert said == {
        "made": [201, kite],
        "again": True,
        "nobody": 401,
        "of others": [],
        "described": True,
        "in the console": True,
        "listed": True,
    }
