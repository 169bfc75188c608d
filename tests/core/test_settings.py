import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

ROOT = Path(settings.BASE_DIR)
GOOD = {"SECRET_KEY": "s" * 40, "TOKEN_KEY": "t" * 40, "PUBLIC_URL": "http://127.0.0.1:8000", "DEBUG": "off"}


def start(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Read the settings as a new process would; what is set here wins over any .env."""
    unset = {"DATABASE_URL", "REDIS_URL"}
    inherited = {name: value for name, value in os.environ.items() if name not in unset}
    return subprocess.run(
        [sys.executable, "-c", "import config.settings"],
        env=inherited | GOOD | {"PYTHONPATH": str(ROOT), "DATA_DIR": str(folder)} | environment,
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_starts_with_the_two_secrets(tmp_path):
    assert start(tmp_path).stderr == ""


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"SECRET_KEY": ""}, "Set SECRET_KEY to a random string of at least 32 characters"),
        ({"TOKEN_KEY": ""}, "Set TOKEN_KEY to a random string of at least 32 characters"),
        ({"SECRET_KEY": "s" * 31}, "Set SECRET_KEY to"),
        ({"TOKEN_KEY": "s" * 40}, "SECRET_KEY and TOKEN_KEY are the same"),
        ({"PUBLIC_URL": "infloo.example"}, "PUBLIC_URL must look like"),
        ({"PUBLIC_URL": "ftp://infloo.example"}, "PUBLIC_URL must look like"),
        ({"PUBLIC_URL": "https://infloo.example/path"}, "PUBLIC_URL must look like"),
        ({"PUBLIC_URL": "https://infloo.example?query"}, "PUBLIC_URL must look like"),
        ({"PUBLIC_URL": "https://infloo.example:port"}, "PUBLIC_URL must look like"),
        ({"PUBLIC_URL": "https://[infloo"}, "PUBLIC_URL must look like"),
        ({"PUBLIC_URL": "https://infloo.example", "DEBUG": "on"}, "DEBUG is on while PUBLIC_URL is https"),
        ({"TRUSTED_PROXIES": "10.0.0.0/8,everybody"}, "TRUSTED_PROXIES takes addresses or networks"),
        ({"THROTTLE_UPLOAD": "many"}, "THROTTLE_UPLOAD must look like 60/minute"),
        ({"WORKER_TIMEOUT": "360", "WORKER_RETRY": "360"}, "WORKER_TIMEOUT must be below WORKER_RETRY"),
    ],
)
def test_it_refuses_to_start_half_configured(tmp_path, environment, sentence):
    run = start(tmp_path, **environment)

    assert run.returncode == 1
    assert f"ImproperlyConfigured: {sentence}" in run.stderr.splitlines()[-1]


def test_a_slash_after_the_public_url_is_harmless(tmp_path):
    assert start(tmp_path, PUBLIC_URL="https://infloo.example/").returncode == 0


def test_the_example_names_every_variable_and_no_other():
    code = (ROOT / "config/settings.py").read_text()
    read = set(re.findall(r'(?:env\.\w+|secret)\(\s*"([A-Z_]+)"', code))
    read |= {f"THROTTLE_{name.upper()}" for name in settings.THROTTLE_RATES}

    lines = (ROOT / ".env.example").read_text().splitlines()
    named = {match[1] for line in lines if (match := re.match(r"#?([A-Z_]+)=", line))}

    # Django's own, for its command.
    assert {name for name in named if not name.startswith("DJANGO_SUPERUSER_")} == read


def test_the_example_shows_the_defaults():
    example = (ROOT / ".env.example").read_text()

    for name, rate in settings.THROTTLE_RATES.items():
        assert f"\nTHROTTLE_{name.upper()}={rate}\n" in example
    assert f"\nMAX_BODY_BYTES={settings.MAX_BODY_BYTES}\n" in example
    assert f"\nMAX_UPLOAD_BYTES={settings.MAX_UPLOAD_BYTES}\n" in example


def test_every_schedule_leads_to_a_function():
    rows = json.loads((ROOT / "fixtures/schedules.json").read_text())["rows"]

    assert rows
    assert all(callable(import_string(row["func"])) for row in rows)
