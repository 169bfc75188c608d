"""`manage.py backup` and `restore`, from one installation into another."""

import json
import subprocess
import sys
import tarfile
from pathlib import Path

import boto3
import httpx
import pytest
from django.apps import apps

from apps.core.operations.backup import BackupError, back_up, restore
from config.run import SECRETS
from tests.core.operations.installation import FILES
from tests.core.operations.test_s3 import BUCKETS, KEYS, server  # noqa: F401  # a fixture
from tests.e2e import conftest as e2e

pytestmark = pytest.mark.e2e


class Installation(e2e.Installation):
    """A database and folders of its own, with nobody in them."""

    def __init__(self, folder: Path, database: str, begin=e2e.prepared_environment, **environment: str) -> None:
        super().__init__("", begin(folder / "data", database) | environment | {"LOG_LEVEL": "ERROR"})

    def run(self, *arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *map(str, arguments)]
        return subprocess.run(command, cwd=e2e.ROOT, env=self.environment, capture_output=True, text=True, check=False)

    def manage(self, *arguments: object) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def after(self, call: str) -> "Installation":
        self.manage("shell", "-v0", "-c", f"from tests.core.operations.installation import *; {call}")
        return self

    def rows(self) -> dict[str, list[str]]:
        """All that is in each table."""
        tables = [model._meta.db_table for model in apps.get_models(include_auto_created=True)]
        return {table: sorted(map(repr, self.ask(f"SELECT * FROM {table}"))) for table in tables}

    def contents(self) -> dict[str, bytes]:
        return {str(path.relative_to(self.data)): path.read_bytes() for path in self.files()}


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """One with people and files."""
    return Installation(tmp_path_factory.mktemp("first"), "infloo_first").after("fill()")


@pytest.fixture(scope="module")
def rows(installed):
    return installed.rows()


@pytest.fixture(scope="module")
def archive(installed):
    installed.manage("backup", "--with-secrets", installed.data.parent / "backup.tar")
    return installed.data.parent / "backup.tar"


@pytest.fixture
def second(tmp_path):
    return Installation(tmp_path, "infloo_second")


@pytest.fixture
def bare(tmp_path):
    """One in which nothing has been set up."""
    return Installation(tmp_path, "infloo_bare", e2e.fresh_environment)


def test_what_was_backed_up_is_there_again(installed, rows, archive, bare):
    restored = bare.run("restore", archive)
    bare.manage("migrate")

    assert restored.stdout == f"put back the database and {FILES} files; now run migrate, and start\n"
    assert restored.stderr.startswith("SECRET_KEY, TOKEN_KEY or DATA_KEYS is another than in the backup")
    assert sum(map(len, rows.values())) > 100
    assert bare.rows() == rows
    assert len(bare.contents()) == FILES
    assert bare.contents() == installed.contents()
    bare.after("use_it()")


def test_people_are_not_replaced_by_mistake(installed, rows, archive, second):
    second.after("use_it()")
    before = second.rows()

    refused = second.run("restore", archive)

    assert refused.returncode == 1
    assert refused.stderr == "CommandError: There are people in this database; --force replaces everything in it.\n"
    assert second.rows() == before

    second.manage("restore", archive, "--force")
    assert second.rows() == rows
    assert second.contents() == installed.contents()


def test_an_installation_without_people_is_empty(archive, second):
    second.environment |= secrets_in(archive)

    assert second.run("restore", archive).stderr == ""


def secrets_in(archive: Path) -> dict[str, str]:
    with tarfile.open(archive) as content:
        lines = content.extractfile("secrets.env").read().decode().splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_the_secrets_are_in_it_only_when_asked_for(installed, archive, tmp_path):
    said = installed.manage("backup", tmp_path)
    [without] = tmp_path.glob("infloo-*.tar")

    assert said == f"wrote the database and {FILES} files into {without}\n"
    assert secrets_in(archive) == {name: installed.environment[name] for name in SECRETS}
    assert b"secrets.env" not in without.read_bytes()
    assert installed.environment["SECRET_KEY"].encode() not in without.read_bytes()


def test_only_its_owner_may_read_it(archive):
    assert archive.stat().st_mode & 0o777 == 0o600
    with tarfile.open(archive) as content:
        assert {member.mode for member in content} == {0o600}
    assert [path.name for path in archive.parent.iterdir() if "backup" in path.name] == ["backup.tar"]


def test_a_file_that_is_gone_is_told_and_the_rest_is_kept(installed, tmp_path):
    lost = next((installed.data / "private/documents").iterdir())
    lost.rename(tmp_path / "lost")

    done = installed.run("backup", tmp_path / "backup.tar")
    (tmp_path / "lost").rename(lost)

    assert done.stderr == f"documents/{lost.name} is gone; its row is in the backup, the file is not\n"
    assert done.stdout.startswith(f"wrote the database and {FILES - 1} files")


@pytest.mark.postgres  # the database has no part in it; once is enough
def test_files_in_buckets_are_backed_up_and_put_back(server, tmp_path, bare):  # noqa: F811
    s3 = {**KEYS, **BUCKETS, "S3_ENDPOINT": server}
    httpx.post(f"{server}/moto-api/reset")
    first = Installation(tmp_path / "buckets", "infloo_buckets", **s3)
    first.manage("make_buckets")
    first.after("fill()").manage("backup", tmp_path / "backup.tar")
    objects = objects_in(server)
    httpx.post(f"{server}/moto-api/reset")
    bare.environment |= s3
    bare.manage("make_buckets")

    bare.manage("restore", tmp_path / "backup.tar")

    assert len(objects) == FILES
    assert objects_in(server) == objects
    assert bare.contents() == first.contents() == {}


def objects_in(server: str) -> dict[tuple[str, str], bytes]:  # noqa: F811
    client = boto3.client(
        "s3", endpoint_url=server, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    return {
        (bucket, row["Key"]): client.get_object(Bucket=bucket, Key=row["Key"])["Body"].read()
        for bucket in BUCKETS.values()
        for row in client.list_objects_v2(Bucket=bucket).get("Contents", [])
    }


# What is refused before anything is read or replaced


def refusal(path: Path) -> str:
    with pytest.raises(BackupError) as refused:
        restore(path=path, force=True)
    return str(refused.value)


@pytest.mark.parametrize("part", [0, 0.2, 0.5, 0.9, 1])
def test_half_an_archive_is_refused(archive, tmp_path, part):
    content = archive.read_bytes()
    end = content.rindex(b"end.json")  # tar fills up what follows
    (tmp_path / "half.tar").write_bytes(content[: int(end * part)])

    assert "cannot be read" in (said := refusal(tmp_path / "half.tar")) or "or not all of it." in said


def test_an_archive_that_is_not_there_is_refused(tmp_path):
    assert "cannot be read" in refusal(tmp_path / "nothing.tar")


@pytest.mark.parametrize(
    ("told", "sentence"),
    [
        ({"database": "oracle"}, "This backup is of oracle, and DATABASE_URL names"),
        ({"format": 99, "version": "9.0.0"}, "This backup was made by version 9.0.0, in a format"),
    ],
)
def test_a_backup_from_elsewhere_is_refused(archive, tmp_path, told, sentence):
    with tarfile.open(archive) as content:
        content.extractall(tmp_path / "inside", filter="data")
    manifest = tmp_path / "inside/manifest.json"
    manifest.write_text(json.dumps(json.loads(manifest.read_text()) | told))
    with tarfile.open(tmp_path / "other.tar", "w") as other:
        for path in (tmp_path / "inside").iterdir():
            other.add(path, path.name)

    assert sentence in refusal(tmp_path / "other.tar")


def test_an_archive_that_is_there_stays(archive):
    with pytest.raises(BackupError, match="is there already"):
        back_up(target=archive, with_secrets=False)
