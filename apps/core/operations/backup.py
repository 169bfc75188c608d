"""Everything that must not be lost, in one archive: the database, the files its rows name, and the secrets if asked."""

import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files import File
from django.core.files.storage import default_storage, storages
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.backends.postgresql.client import DatabaseClient
from django.db.models import FileField
from django.utils import timezone

FORMAT = 1
MANIFEST, SECRETS, DATABASE, END = "manifest.json", "secrets.env", "database", "end.json"
LOCK_SECONDS = 10

Names = set[tuple[str, str]]
"""(storage, name) of files."""


class BackupError(Exception):
    """A sentence for whoever asked."""


@dataclass(frozen=True)
class Written:
    path: Path
    files: int
    missing: list[str]
    """Files that a row names and nobody has: removed since, or lost."""


@dataclass(frozen=True)
class Restored:
    files: int
    has_other_secrets: bool


def back_up(*, target: Path, with_secrets: bool) -> Written:
    """Write the archive, readable by this user only; it appears under its name when it is whole."""
    path = target / f"infloo-{timezone.now():%Y%m%d-%H%M%S}.tar" if target.is_dir() else target
    if path.exists():
        raise BackupError(f"{path} is there already.")
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".infloo-backup-") as folder:
        dump, unfinished = Path(folder, DATABASE), Path(folder, "archive")
        names = DUMPS[connection.vendor](dump)
        with open(unfinished, "xb", opener=private) as output, tarfile.open(fileobj=output, mode="w") as archive:
            add_bytes(archive, MANIFEST, json.dumps(manifest()).encode())
            if with_secrets:
                add_bytes(archive, SECRETS, secrets_now().encode())
            archive.add(dump, DATABASE, filter=for_owner_only)
            missing = [name for storage, name in sorted(names) if not add_file(archive, storage, name)]
            files = len(names) - len(missing)
            add_bytes(archive, END, json.dumps({"files": files}).encode())
            archive.close()
            os.fsync(output.fileno())
        unfinished.rename(path)
    return Written(path, files, missing)


def private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def manifest() -> dict[str, Any]:
    return {
        "format": FORMAT,
        "version": settings.VERSION,
        "made_at": timezone.now().isoformat(timespec="seconds"),
        "database": connection.vendor,
    }


def secrets_now() -> str:
    keys = ",".join(settings.DATA_KEYS)
    return f"SECRET_KEY={settings.SECRET_KEY}\nTOKEN_KEY={settings.TOKEN_KEY}\nDATA_KEYS={keys}\n"


def for_owner_only(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.mode, info.uid, info.gid, info.uname, info.gname = 0o600, 0, 0, "", ""
    return info


def add_bytes(archive: tarfile.TarFile, name: str, content: bytes) -> None:
    info = for_owner_only(tarfile.TarInfo(name))
    info.size = len(content)
    archive.addfile(info, BytesIO(content))


def add_file(archive: tarfile.TarFile, storage: str, name: str) -> bool:
    """False where it is gone."""
    try:
        file = storages[storage].open(name)
    except FileNotFoundError:
        return False
    with file:
        info = for_owner_only(tarfile.TarInfo(f"files/{storage}/{name}"))
        info.size = file.size
        archive.addfile(info, file)
    return True


# The two kinds of database: each dump comes with the names of the files it knows, from the same moment


def dump_sqlite(target: Path) -> Names:
    connection.ensure_connection()
    with sqlite(target) as copy:
        connection.connection.backup(copy)
        return file_names(copy.cursor())


def dump_postgres(target: Path) -> Names:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        [snapshot] = cursor.fetchone()
        options = ["--format=custom", "--no-owner", "--no-privileges", "--no-comments", f"--snapshot={snapshot}"]
        run_client("pg_dump", [*options, f"--file={target}"])
        return file_names(cursor)


DUMPS = {"sqlite": dump_sqlite, "postgresql": dump_postgres}


def file_names(cursor: Any) -> Names:
    quote, found = connection.ops.quote_name, set()
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if isinstance(field, FileField):
                storage = "default" if field.storage is default_storage else "private"
                column = quote(field.column or field.name)
                cursor.execute(f"SELECT {column} FROM {quote(model._meta.db_table)} WHERE {column} <> ''")  # noqa: S608
                found |= {(storage, name) for (name,) in cursor.fetchall()}
    return found


@contextmanager
def sqlite(path: Path) -> Iterator[sqlite3.Connection]:
    database = sqlite3.connect(path)
    try:
        yield database
    finally:
        database.close()


def run_client(program: str, arguments: list[str]) -> None:
    """pg_dump or pg_restore, at our database; its password stays out of the list of processes."""
    if not shutil.which(program):
        raise BackupError(f"{program} is missing: install the PostgreSQL client of the server's version or newer.")
    [_, *address, database], environment = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, [])
    command = [program, *address, f"--dbname={database}", *arguments]
    run = subprocess.run(  # noqa: S603
        command, env=os.environ | (environment or {}), capture_output=True, text=True, check=False
    )
    if run.returncode:
        raise BackupError(f"{program} failed: {run.stderr.strip()}")


def restore(*, path: Path, force: bool) -> Restored:
    """Put an archive back into an empty installation, whose web processes and worker stand still."""
    with opened(path) as archive:
        members = readable_members(archive)
        if is_in_use() and not force:
            raise BackupError("There are people in this database; --force replaces everything in it.")
        with tempfile.TemporaryDirectory(dir=settings.DATA_DIR, prefix=".infloo-restore-") as folder:
            dump = Path(folder, DATABASE)
            with dump.open("xb") as output:
                shutil.copyfileobj(content_of(archive, members[DATABASE]), output)
            LOADS[connection.vendor](dump)
        files = files_of(members)
        for member in files:
            put_back(archive, member)
        kept = content_of(archive, members[SECRETS]).read().decode() if SECRETS in members else ""
        # A former version kept fewer of them.
        others = set(kept.splitlines()) - set(secrets_now().splitlines())
    return Restored(len(files), bool(others))


@contextmanager
def opened(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        archive = tarfile.open(path, "r:")  # noqa: SIM115  # what goes wrong later is another thing
    except (OSError, tarfile.TarError) as error:
        raise BackupError(f"{path} cannot be read: {error}.") from error
    with archive:
        yield archive


def readable_members(archive: tarfile.TarFile) -> dict[str, tarfile.TarInfo]:
    """All of them, so that half an archive is refused before anything is replaced."""
    try:
        members = {member.name: member for member in archive.getmembers()}
    except tarfile.TarError:
        members = {}
    if not {MANIFEST, DATABASE, END} <= members.keys():
        raise BackupError("This is no backup of Infloo, or not all of it.")
    told = json.load(content_of(archive, members[MANIFEST]))
    if told["format"] != FORMAT:
        raise BackupError(f"This backup was made by version {told['version']}, in a format this one does not know.")
    if told["database"] != connection.vendor:
        raise BackupError(f"This backup is of {told['database']}, and DATABASE_URL names {connection.vendor}.")
    return members


def files_of(members: dict[str, tarfile.TarInfo]) -> list[tarfile.TarInfo]:
    return [member for name, member in members.items() if name.startswith("files/")]


def content_of(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Any:
    content = archive.extractfile(member)
    if content is None:
        raise BackupError(f"{member.name} is no file.")
    return content


def is_in_use() -> bool:
    people = get_user_model()
    return people._meta.db_table in connection.introspection.table_names() and people._default_manager.exists()


def load_sqlite(dump: Path) -> None:
    connection.ensure_connection()
    try:
        with sqlite(dump) as source:
            if source.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise BackupError("The database in this backup is damaged.")
            source.backup(connection.connection)
    except sqlite3.Error as error:
        raise BackupError(f"The database could not be replaced: {error}.") from error


OWN_FUNCTIONS = """
    SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
        AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
"""
"""Of triggers: not those that an extension brings."""


def load_postgres(dump: Path) -> None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
            for table in connection.introspection.table_names(cursor):
                cursor.execute(f"DROP TABLE {connection.ops.quote_name(table)} CASCADE")
            cursor.execute(OWN_FUNCTIONS)
            for (function,) in cursor.fetchall():
                cursor.execute(f"DROP FUNCTION {function}")
    except DatabaseError as error:
        raise BackupError(f"The database is in use: stop the web processes and the worker ({error}).") from error
    run_client("pg_restore", ["--no-owner", "--no-privileges", "--single-transaction", "--exit-on-error", str(dump)])


LOADS = {"sqlite": load_sqlite, "postgresql": load_postgres}


def put_back(archive: tarfile.TarFile, member: tarfile.TarInfo) -> None:
    _, alias, name = member.name.split("/", 2)
    storage = storages[alias]
    if storage.exists(name):
        storage.delete(name)
    if storage.save(name, File(content_of(archive, member))) != name:
        raise BackupError(f"{name} could not be put back under its name.")
