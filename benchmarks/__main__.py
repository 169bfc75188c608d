"""`make bench`: everything that is measured. benchmarks/README.md explains the figures."""

import os
import tempfile
from io import StringIO
from pathlib import Path

import django
from django.core.management import call_command

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
for secret in ("SECRET_KEY", "TOKEN_KEY"):
    os.environ.setdefault(secret, f"only-for-benchmarks-{secret}-{'x' * 32}")
os.environ |= {"THROTTLES": "off", "LOG_LEVEL": "WARNING", "DATA_DIR": tempfile.mkdtemp(prefix="infloo-bench-")}
Path(os.environ["DATA_DIR"], "static").mkdir()
django.setup()

from django.db import connection  # noqa: E402  # Django has to be set up first
from django.test.utils import setup_test_environment, teardown_test_environment  # noqa: E402

from benchmarks import fan_out, requests  # noqa: E402

if __name__ == "__main__":
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True)
    setup_test_environment()
    try:
        call_command("seed", stdout=StringIO())
        print(connection.vendor)
        requests.main()
        fan_out.main()
    finally:
        teardown_test_environment()
        connection.creation.destroy_test_db(name, verbosity=0)
