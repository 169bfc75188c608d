"""`python -m tests.drift`: is docs/openapi.json, are the migrations what the code says? `--write` writes the former."""

import json
import os
import sys
from pathlib import Path

import django
from django.core.management import call_command

DESCRIPTION = Path(__file__).resolve().parent.parent / "docs" / "openapi.json"


def described() -> str:
    """The running API's own description, in one fixed order."""
    from api import api  # noqa: PLC0415  # needs the settings

    schema = json.loads(json.dumps(api.get_openapi_schema()))
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main(arguments: list[str]) -> int:
    if "--write" in arguments:
        DESCRIPTION.parent.mkdir(exist_ok=True)
        DESCRIPTION.write_text(described())
        return 0
    problems = []
    if not DESCRIPTION.exists() or DESCRIPTION.read_text() != described():
        problems.append("docs/openapi.json does not describe the API as it is: run `make openapi`.")
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
