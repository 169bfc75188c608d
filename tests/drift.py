"""`python -m tests.drift`: are docs/openapi.json, docs/staff/roles.md and the migrations what the code says?

`--write` writes the two files.
"""

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import django
from django.core.management import call_command

DOCS = Path(__file__).resolve().parent.parent / "docs"
DESCRIPTION = DOCS / "openapi.json"
ROLES = DOCS / "staff" / "roles.md"


def described() -> str:
    """The running API's own description, in one fixed order."""
    from api import api  # noqa: PLC0415  # needs the settings

    schema = json.loads(json.dumps(api.get_openapi_schema()))
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def written() -> dict[Path, Callable[[], str]]:
    """Each file, and what it has to say."""
    from tests.roles import described as roles  # noqa: PLC0415  # needs the settings

    return {DESCRIPTION: described, ROLES: roles}


def main(arguments: list[str]) -> int:
    problems = []
    for path, text in written().items():
        if "--write" in arguments:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text())
        elif not path.exists() or path.read_text() != text():
            problems.append(f"docs/{path.name} does not describe what is there: run `make openapi`.")
    if "--write" in arguments:
        return 0
    if not migrations_are_complete():
        problems.append("A migration is missing: run `manage.py makemigrations`.")
    print("\n".join(problems), end="\n" if problems else "", file=sys.stderr)
    return 1 if problems else 0


def migrations_are_complete() -> bool:
    try:
        call_command("makemigrations", check=True, dry_run=True, verbosity=1)
    except SystemExit:
        return False
    return True


if __name__ == "__main__":
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    sys.exit(main(sys.argv[1:]))
