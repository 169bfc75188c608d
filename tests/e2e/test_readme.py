"""The README's tour works when it is pasted."""

import re
import subprocess

import pytest

from tests.e2e.conftest import ROOT, Home


@pytest.mark.sqlite
def test_the_tour_of_the_readme_works_when_pasted(demo_home: Home):
    infloo = demo_home.running()
    tour = (ROOT / "README.md").read_text().partition("## A tour with curl")[2]
    blocks = re.findall(r"```sh\n(.*?)```", tour, re.DOTALL)
    script = "\n".join(["set -eu", *blocks]).replace("http://127.0.0.1:8000", infloo.url)
    shown = subprocess.run(
        ["bash", "-c", script], cwd=ROOT, env=infloo.environment, capture_output=True, text=True, check=False
    )

    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.count('"Registration successful."') == 2
    assert "Document uploaded successfully." in shown.stdout
    assert "Superuser created successfully." in shown.stdout
    assert "Request accepted successfully." in shown.stdout
    assert "brand1 accepted your follow request." in shown.stdout
    assert "marked 2 notifications as read" in shown.stdout
    assert "Message sent." in shown.stdout
    assert '"event":"message"' in shown.stdout
    assert '"error"' not in shown.stdout
