import ast
import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.module_loading import import_string

from apps.accounts.oauth.providers import PROVIDERS
from apps.core.http import throttling
from apps.live import bell
from config import environment as readers
from config.run import SECRETS, write_secrets
from tests.core.operations.reading import GOOD, ROOT, start

pytestmark = pytest.mark.sqlite

S3 = {
    "S3_BUCKET": "public",
    "S3_PRIVATE_BUCKET": "private",
    "S3_ACCESS_KEY_ID": "somebody",
    "S3_SECRET_ACCESS_KEY": "something secret",
}


def test_it_starts_with_the_three_secrets(tmp_path):
    assert start(tmp_path).stderr == ""


@pytest.mark.parametrize(
    ("environment", "sentence"),
    [
        ({"SECRET_KEY": ""}, "Set SECRET_KEY to a random string of at least 32 characters"),
        ({"TOKEN_KEY": ""}, "Set TOKEN_KEY to a random string of at least 32 characters"),
        ({"SECRET_KEY": "s" * 31}, "Set SECRET_KEY to"),
        ({"TOKEN_KEY": "s" * 40}, "SECRET_KEY and TOKEN_KEY are the same"),
        ({"DATA_KEYS": " , "}, "Set DATA_KEYS to a random string of at least 32 characters"),
        ({"DATA_KEYS": f"{'d' * 40},short"}, "Set DATA_KEYS to a random string of at least 32 characters"),
        *(
            ({"DATA_KEYS": f"{'d' * 40},{known * 40}"}, "DATA_KEYS names a string twice, or that of another secret")
            for known in "dst"
        ),
        ({"PUBLIC_URL": "infloo.example"}, "PUBLIC_URL must look like"),
        ({"PUBLIC_URL": "ftp://infloo.example"}, "PUBLIC_URL must look like"),
        ({"PUBLIC_URL": "https://infloo.example/path"}, "PUBLIC_URL must look like"),
        ({"PUBLIC_URL": "https://infloo.example?query"}, "PUBLIC_URL must look like"),
        ({"PUBLIC_URL": "https://infloo.example:port"}, "PUBLIC_URL must look like"),
        ({"PUBLIC_URL": "https://[infloo"}, "PUBLIC_URL must look like"),
        ({"PUBLIC_URL": "https://infloo.example", "DEBUG": "on"}, "DEBUG is on while PUBLIC_URL is https"),
        ({"TRUSTED_PROXIES": "10.0.0.0/8,everybody"}, "TRUSTED_PROXIES takes addresses, networks or unix"),
        *(
            ({"CORS_ALLOWED_ORIGINS": f"https://good.example, {value}"}, "CORS_ALLOWED_ORIGINS takes origins such as")
            for value in ("app.example", "*", "https://*.example", "null", "https://a.example/path", "ftp://a.example")
        ),
        *(
            ({"CORS_ALLOWED_ORIGINS": value}, "CORS_ALLOWED_ORIGINS takes origins such as")
            for value in (
                "https://me@a.example",
                "https://a.example?x",
                "https://bücher.example",
                "https://a.example:x",
            )
        ),
        ({"THROTTLE_UPLOAD": "many"}, "THROTTLE_UPLOAD must look like 60/minute"),
        ({"THROTTLE_UPLOAD": ""}, "THROTTLE_UPLOAD must look like 60/minute"),
        ({"S3_BUCKET": "public"}, "Set S3_PRIVATE_BUCKET and S3_ACCESS_KEY_ID and S3_SECRET_ACCESS_KEY too"),
        ({**S3, "S3_SECRET_ACCESS_KEY": ""}, "Set S3_SECRET_ACCESS_KEY too, or none of S3_BUCKET"),
        ({**S3, "S3_PRIVATE_BUCKET": "public"}, "S3_PRIVATE_BUCKET must be another bucket"),
        ({**S3, "S3_ENDPOINT": "s3.example"}, "S3_ENDPOINT must look like https://s3.example"),
        ({**S3, "S3_PUBLIC_URL": "https://cdn.example/?x=1"}, "S3_PUBLIC_URL must look like https://s3.example"),
        ({"S3_ENDPOINT": "https://s3.example"}, "Set S3_BUCKET and its companions too"),
        ({"GOOGLE_CLIENT_ID": "a"}, "Set GOOGLE_SECRET too, or none of GOOGLE_CLIENT_ID, GOOGLE_SECRET."),
        ({"TIKTOK_SECRET": "a"}, "Set TIKTOK_CLIENT_ID too"),
        ({"GITHUB_BASE_URL": "github"}, "GITHUB_BASE_URL must look like"),
        ({"METRICS_TOKEN": "short"}, "Set METRICS_TOKEN to a random string of at least 32 characters"),
        ({"WORKER_TIMEOUT": "360", "WORKER_RETRY": "360"}, "WORKER_TIMEOUT must be below WORKER_RETRY"),
    ],
)
def test_it_refuses_to_start_half_configured(tmp_path, environment, sentence):
    run = start(tmp_path, **environment)

    assert run.returncode == 1
    assert f"ImproperlyConfigured: {sentence}" in run.stderr.splitlines()[-1]


def test_origins_are_taken_as_browsers_send_them(tmp_path):
    run = start(
        tmp_path,
        "print(config.settings.CORS_ALLOWED_ORIGINS)",
        CORS_ALLOWED_ORIGINS="https://App.Example/, http://127.0.0.1:3000",
    )

    assert run.stdout == "['https://app.example', 'http://127.0.0.1:3000']\n"


def test_a_provider_of_logins_may_know_several_apps(tmp_path):
    run = start(
        tmp_path,
        "print(config.settings.OAUTH_PROVIDERS, config.settings.OAUTH_REDIRECT_URIS)",
        GOOGLE_CLIENT_ID="web, ios",
        GOOGLE_SECRET="s",
        GOOGLE_BASE_URL="http://127.0.0.1:9000/",
        OAUTH_REDIRECT_URIS="infloo://oauth",
    )

    assert run.stdout == (
        "{'google': {'client_ids': ['web', 'ios'], 'secret': 's', 'base_url': 'http://127.0.0.1:9000'}} "
        "['http://127.0.0.1:8000/oauth/callback', 'infloo://oauth']\n"
    )


WHOLE_NUMBERS = [
    "PORT",
    "DATABASE_POOL_SIZE",
    "MAX_BODY_BYTES",
    "MAX_UPLOAD_BYTES",
    "IDEMPOTENCY_KEYS",
    "OAUTH_AT_ONCE",
    "WORKER_PROCESSES",
    "WORKER_TIMEOUT",
    "WORKER_RETRY",
]


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        *((name, value, "must be a whole number from 1 to") for name in WHOLE_NUMBERS for value in ("abc", "0")),
        ("PORT", "65536", "must be a whole number from 1 to 65535, not '65536'."),
        ("PORT", "", "must be a whole number"),
        ("WORKER_PROCESSES", "-1", "must be a whole number"),
        ("WORKER_PROCESSES", "1.5", "must be a whole number"),
        *((name, "maybe", "must be on or off") for name in ("DEBUG", "THROTTLES", "DATABASE_POOL")),
        ("DEBUG", "", "must be on or off"),
        ("LOG_LEVEL", "chatty", "must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL, not 'chatty'."),
        ("ALLOWED_HOSTS", "", "is empty: name the hosts to answer"),
        ("ALLOWED_HOSTS", " , ", "is empty: name the hosts to answer"),
        ("DATA_DIR", "", "must be a folder that can be made and written in"),
        ("DATA_DIR", "/dev/null/infloo", "must be a folder that can be made and written in"),
        ("DATA_DIR", "/proc", "must be a folder that can be made and written in"),
        ("DATABASE_URL", "", "must look like postgres://"),
        ("DATABASE_URL", "nonsense", "must look like postgres://"),
        ("DATABASE_URL", "mysql://infloo:word@db/infloo", "must look like postgres://"),
        ("DATABASE_URL", "postgres://infloo:word@db", "must look like postgres://"),
        ("DATABASE_URL", "postgres://infloo:word@db:port/infloo", "must look like postgres://"),
        ("DATABASE_URL", "sqlite:///:memory:", "must look like postgres://"),
        ("REDIS_URL", "nonsense", "must look like redis://"),
        ("REDIS_URL", "http://127.0.0.1:6379", "must look like redis://"),
        ("REDIS_URL", "redis://", "must look like redis://"),
        ("REDIS_URL", "redis://127.0.0.1:port", "must look like redis://"),
        ("REDIS_URL", "unix://", "must look like redis://"),
    ],
)
def test_it_refuses_a_value_it_cannot_use(tmp_path, variable, value, sentence):
    run = start(tmp_path, **{variable: value})

    assert run.returncode == 1
    assert f"ImproperlyConfigured: {variable} {sentence}" in run.stderr.splitlines()[-1]
    assert "word" not in run.stderr.splitlines()[-1].replace("user:password@", "")


def test_a_folder_that_it_makes_is_nobody_elses(tmp_path):
    (tmp_path / "given").mkdir(mode=0o755)

    for name in ("new", "given"):
        assert start(tmp_path, DATA_DIR=str(tmp_path / name)).returncode == 0

    # One that is there already is whoever's made it.
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("new", "given")] == [0o700, 0o755]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("DEBUG", "Yes"),
        ("THROTTLES", "0"),
        ("LOG_LEVEL", "warning"),
        ("ALLOWED_HOSTS", "infloo.example, localhost"),
        ("TRUSTED_PROXIES", "10.0.0.0/8, ::1, unix"),
        ("DATABASE_URL", "postgresql://infloo:p%40ss@db:5432/infloo"),
        ("DATABASE_URL", "postgres:///infloo"),
        ("DATABASE_URL", "sqlite:///infloo.sqlite3"),
        ("REDIS_URL", "rediss://:word@redis:6379/0"),
        ("REDIS_URL", "unix:///run/redis.sock"),
    ],
)
def test_it_takes_every_documented_form(tmp_path, variable, value):
    assert start(tmp_path, **{variable: value}).stderr == ""


@pytest.mark.parametrize("connects", [throttling.limiter, bell.redis_client])
def test_a_socket_of_redis_is_one_that_all_who_use_it_know(monkeypatch, settings, connects):
    monkeypatch.setenv("REDIS_URL", "unix:///run/redis.sock")
    settings.REDIS_URL = readers.redis_address("REDIS_URL")

    assert connects.__wrapped__()


def read_env(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)


@pytest.fixture
def _without_secrets(monkeypatch):
    for name in SECRETS:
        monkeypatch.delenv(name)


@pytest.mark.usefixtures("_without_secrets")
def test_make_run_writes_the_secrets_once_and_for_its_user_only(tmp_path):
    file = tmp_path / ".env"

    write_secrets(file)
    written = file.read_text()
    write_secrets(file)

    assert read_env(file).keys() == set(SECRETS)
    assert len(set(read_env(file).values())) == 3
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_text() == written


@pytest.mark.usefixtures("_without_secrets")
@pytest.mark.parametrize("end", ["", "\n"])
def test_to_a_file_of_a_former_version_it_adds_what_is_new(tmp_path, end):
    file = tmp_path / ".env"
    file.write_text(f"SECRET_KEY=mine\n#DATA_KEYS=\nexport TOKEN_KEY=mine too{end}")

    write_secrets(file)

    assert file.read_text().startswith("SECRET_KEY=mine\n#DATA_KEYS=\nexport TOKEN_KEY=mine too\n")
    assert read_env(file).keys() == {"SECRET_KEY", "#DATA_KEYS", "export TOKEN_KEY", "DATA_KEYS"}


def test_where_the_environment_has_them_it_writes_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("DATA_KEYS", "d" * 40)

    write_secrets(tmp_path / ".env")

    assert not (tmp_path / ".env").exists()


def manage(folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", "migrate"],
        env=os.environ | GOOD | {"DJANGO_SETTINGS_MODULE": "config.settings", "DATA_DIR": str(folder)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_command_says_the_sentence_and_nothing_else(tmp_path):
    run = manage(tmp_path, LOG_LEVEL="chatty")

    assert run.returncode == 1
    assert run.stdout == ""
    assert run.stderr == "LOG_LEVEL must be one of DEBUG, INFO, WARNING, ERROR, CRITICAL, not 'chatty'.\n"


def test_a_slash_after_the_public_url_is_harmless(tmp_path):
    assert start(tmp_path, PUBLIC_URL="https://infloo.example/").returncode == 0


def is_call(node: ast.AST, names: set[str]) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names


def test_the_example_names_every_variable_and_no_other():
    names = {name for name, _ in inspect.getmembers(readers, inspect.isfunction)}
    calls = [node for node in ast.walk(ast.parse((ROOT / "config/settings.py").read_text())) if is_call(node, names)]
    read = {argument.value for call in calls for argument in call.args if isinstance(argument, ast.Constant)}
    read |= {f"THROTTLE_{name.upper()}" for name in settings.THROTTLE_RATES}
    read |= {f"{name.upper()}_{part}" for name in PROVIDERS for part in ("CLIENT_ID", "SECRET", "BASE_URL")}

    lines = (ROOT / ".env.example").read_text().splitlines()
    named = {match[1] for line in lines if (match := re.match(r"#?([A-Z0-9_]+)=", line))}

    # Django's own, for its command, and those of PostgreSQL and MinIO, for compose.yaml.
    assert {name for name in named if not name.startswith(("DJANGO_SUPERUSER_", "POSTGRES_", "MINIO_"))} == read


def test_the_example_shows_the_defaults():
    example = (ROOT / ".env.example").read_text()

    for name, rate in settings.THROTTLE_RATES.items():
        assert f"\nTHROTTLE_{name.upper()}={rate}\n" in example
    assert f"\nMAX_BODY_BYTES={settings.MAX_BODY_BYTES}\n" in example
    assert f"\nIDEMPOTENCY_KEYS={settings.IDEMPOTENCY_KEYS}\n" in example
    assert f"\nMAX_UPLOAD_BYTES={settings.MAX_UPLOAD_BYTES}\n" in example


def test_every_schedule_leads_to_a_function():
    rows = json.loads((ROOT / "fixtures/schedules.json").read_text())["rows"]

    assert rows
    assert all(callable(import_string(row["func"])) for row in rows)


def test_what_a_database_address_says_besides_is_kept(tmp_path):
    run = start(
        tmp_path,
        "print(config.settings.DATABASES['default']['OPTIONS'])",
        DATABASE_URL="postgres://infloo@db/infloo?sslmode=require",
    )

    assert run.stdout.strip() == "{'connect_timeout': 3, 'sslmode': 'require'}"
