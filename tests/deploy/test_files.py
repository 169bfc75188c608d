"""What the files in deploy/, Dockerfile and compose.yaml say, where nothing runs them here."""

import json
import re
import subprocess
from pathlib import Path

import pytest
import yaml
from django.conf import settings

from apps.core.http import headers
from tests.deploy.layout import NGINX, SITE, UNITS, lines_of

ROOT = Path(settings.BASE_DIR)
COMPOSE = (ROOT / "compose.yaml").read_text()
SERVICES = yaml.safe_load(COMPOSE)["services"]
OURS = ("setup", "web", "stream", "worker")
KNOWN = set(re.findall(r"^#?([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_nginx_lets_in_what_infloo_takes():
    sizes = [int(size) * 1024 * 1024 for size in re.findall(r"client_max_body_size (\d+)m;", SITE.read_text())]

    assert sizes == [settings.MAX_BODY_BYTES, settings.MAX_UPLOAD_BYTES]


def test_nginx_takes_large_forms_where_files_are_sent_and_nowhere_else():
    found = re.search(r'"~\*(\^/api/v1/\S+);multipart/form-data" 1;', SITE.read_text())
    assert found
    paths = json.loads((ROOT / "docs/openapi.json").read_text())["paths"]
    takes_files = {
        path: any("multipart/form-data" in operation.get("requestBody", {}).get("content", {}) for operation in each)
        for path, each in ((path, operations.values()) for path, operations in paths.items())
    }

    let_in = {path: bool(re.fullmatch(found[1], re.sub(r"{\w+}", "1", path))) for path in takes_files}

    assert any(takes_files.values())
    assert let_in == takes_files


def test_nginx_says_of_media_what_infloo_says():
    assert f'"{headers.PUBLIC_FILE_POLICY}"' in SITE.read_text()
    assert f'"{headers.API_POLICY}" always' in SITE.read_text()


def test_nginx_holds_a_thousand_streams():
    [files] = map(int, re.findall(r"worker_rlimit_nofile (\d+);", NGINX.read_text()))
    [connections] = map(int, re.findall(r"worker_connections (\d+);", NGINX.read_text()))

    # Two for a stream, and some for everybody else.
    assert connections >= 2 * 1000 + 1000
    assert files >= 2 * connections


SERVICE_UNITS = sorted(path.name for path in UNITS.glob("*.service"))


@pytest.mark.systemd
@pytest.mark.parametrize("unit", SERVICE_UNITS)
def test_systemd_finds_a_service_well_protected(unit):
    command = ["systemd-analyze", "security", "--offline=yes", "--threshold=30", UNITS / unit]

    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


@pytest.mark.systemd
def test_systemd_understands_every_line():
    done = subprocess.run(["systemd-analyze", "verify", *UNITS.iterdir()], capture_output=True, text=True, check=False)

    # The code does not lie in /opt/infloo here.
    said = [line for line in done.stderr.splitlines() if "is not executable: No such file" not in line]
    assert said == []


@pytest.mark.parametrize("unit", SERVICE_UNITS)
def test_a_service_cannot_take_the_memory_of_the_others(unit):
    assert lines_of(unit, "MemoryMax")


@pytest.mark.parametrize("unit", sorted(path.name for path in UNITS.glob("*.socket")))
def test_nginx_opens_the_sockets_by_a_group_that_owns_nothing_else(unit):
    groups = {line for service in SERVICE_UNITS for line in lines_of(service, "Group")}

    assert lines_of(unit, "SocketMode") == ["0660"]
    assert not groups & set(lines_of(unit, "SocketGroup"))


@pytest.mark.parametrize("unit", SERVICE_UNITS)
def test_a_service_names_only_known_settings_and_ends_in_order(unit):
    variables = {pair.partition("=")[0] for line in lines_of(unit, "Environment") for pair in line.split()}

    assert variables <= KNOWN
    assert lines_of(unit, "KillMode") == ["mixed"]
    assert ("DATABASE_POOL=off" in lines_of(unit, "Environment")) == (unit == "infloo-worker.service")


def test_the_services_of_compose_are_these():
    assert SERVICES.keys() == {*OURS, "proxy", "database", "cache", "storage", "storage-user"}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_a_container_may_do_little(name):
    service = SERVICES[name]

    assert service["cap_drop"] == ["ALL"]
    assert "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["read_only"] is True


def test_infloo_is_not_the_root_of_its_storage():
    keys = {SERVICES[name]["environment"]["S3_ACCESS_KEY_ID"] for name in (*OURS, "storage-user")}

    assert keys == {"${S3_ACCESS_KEY_ID:?}"}
    assert "S3_ACCESS_KEY_ID" not in str(SERVICES["storage"])
    assert not any("MINIO_ROOT_PASSWORD" in SERVICES[name]["environment"] for name in OURS)
    assert SERVICES["setup"]["depends_on"]["storage-user"] == {"condition": "service_completed_successfully"}


def test_every_variable_of_compose_is_in_the_example():
    assert set(re.findall(r"\$\{(\w+)", COMPOSE)) <= KNOWN
    assert all(SERVICES[name]["environment"].keys() <= KNOWN for name in OURS)


def test_only_the_web_processes_have_a_pool():
    pools = {name: SERVICES[name]["environment"]["DATABASE_POOL"] for name in OURS}

    assert pools == {"setup": "off", "web": "on", "stream": "on", "worker": "off"}


def test_compose_holds_no_secret():
    secret = re.compile("PASSWORD|SECRET|KEY")
    values = [
        value
        for service in SERVICES.values()
        for name, value in service.get("environment", {}).items()
        if secret.search(name)
    ]

    assert values
    assert all(re.fullmatch(r"\$\{\w+:\?\}", value) for value in values)


def test_compose_starts_what_systemd_starts():
    stream = lines_of("infloo-stream.service", "ExecStart")[0].removeprefix("/opt/infloo/.venv/bin/")
    worker = lines_of("infloo-worker.service", "ExecStart")[0].removeprefix("/opt/infloo/.venv/bin/")
    web = lines_of("infloo-web.service", "ExecStart")[0].removeprefix("/opt/infloo/.venv/bin/")

    assert SERVICES["stream"]["command"] == stream.replace("--fd 3", "--uds /run/infloo/stream.sock")
    assert SERVICES["worker"]["command"] == worker
    assert f"CMD {web.split()}".replace("'", '"') in DOCKERFILE


def test_images_have_plain_names():
    images = [service["image"] for service in SERVICES.values()] + re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)

    assert all(not re.search(r"[.:]", image.rpartition("/")[0]) for image in images)
    # Exact, so that the same file starts the same programs.
    ours = {"infloo"}
    assert all(
        re.search(r":(\d+\.\d+(\.\d+)?|RELEASE\.[\dTZ-]+)(-[\w-]+)?(@sha256:\w{64})?$", image)
        for image in images
        if image not in ours
    )


def test_what_is_mounted_or_copied_is_there():
    volumes = [volume for service in SERVICES.values() for volume in service.get("volumes", [])]
    mounted = [volume.split(":")[0] for volume in volumes if volume.startswith("./")]
    copied = re.findall(r"^COPY (?!--from)(\S+)", DOCKERFILE, re.MULTILINE)

    assert mounted
    assert all((ROOT / path).exists() for path in (*mounted, *copied))
    assert {volume.split(":")[0] for volume in volumes} - set(mounted) == yaml.safe_load(COMPOSE)["volumes"].keys()


def test_the_image_runs_as_nobody_special_and_can_tell_its_health():
    last = DOCKERFILE.rpartition("FROM ")[2]

    assert re.search(r"^USER infloo$", last, re.MULTILINE)
    assert "HEALTHCHECK" in last
    assert (ROOT / "deploy/healthcheck.py").exists()


@pytest.mark.parametrize("kept_out", [".env", ".git", "var", "tests"])
def test_what_is_private_stays_out_of_the_image(kept_out):
    assert kept_out in (ROOT / ".dockerignore").read_text().splitlines()
