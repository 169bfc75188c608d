"""Moves in, is used, and says what happened as JSON."""

import json
import os

import django
from django.conf import settings
from django.core.management import call_command

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.toys.settings"
django.setup()

from django.test import Client  # noqa: E402

from api import api  # noqa: E402
from apps.core.operations.seed import seed  # noqa: E402
from tests.client import ApiClient  # noqa: E402
from tests.factories import StaffFactory, UserFactory  # noqa: E402
from tests.toys.api import router  # noqa: E402


def main() -> None:
    api.add_router("", router)  # the other place
    call_command("migrate", run_syncdb=True, verbosity=0)
    seed()
    ann, ben = ApiClient(UserFactory(username="ann")), ApiClient(UserFactory(username="ben"))
    made = ann.post("/toys", {"name": " Kite "}, idempotency_key="once")
    again = ann.post("/toys", {"name": " Kite "}, idempotency_key="once")
    boss = Client(SERVER_NAME="localhost")
    boss.force_login(StaffFactory(is_superuser=True), backend=settings.AUTHENTICATION_BACKENDS[0])
    said = {
        "made": [made.status_code, made.json()["data"]],
        "again": again.json() == made.json(),
        "refused": ann.post("/toys", {"name": "Kite", "colour": "red"}).json(),
        "nobody": ApiClient().get("/toys").status_code,
        "own": ann.get("/toys").json()["data"],
        "of others": ben.get("/toys").json()["data"],
        "described": "/api/v1/toys" in api.get_openapi_schema()["paths"],
        "in the console": "/admin/toys/toy/" in boss.get("/admin/").content.decode(),
        "listed": "Kite" in boss.get("/admin/toys/toy/").content.decode(),
    }
    print(json.dumps(said))


main()
