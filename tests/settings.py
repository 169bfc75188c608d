"""The product's settings with throwaway secrets and folders, for tests and type checks on a fresh clone."""

import os
import tempfile

os.environ.setdefault("SECRET_KEY", "a-key-for-tests-only-" + "s" * 32)
os.environ.setdefault("TOKEN_KEY", "a-key-for-tests-only-" + "t" * 32)
os.environ.setdefault("DATA_KEYS", "a-key-for-tests-only-" + "d" * 32)
os.environ.setdefault("METRICS_TOKEN", "a-key-for-tests-only-" + "m" * 32)
os.environ["DATA_DIR"] = tempfile.mkdtemp(prefix="infloo-tests-")  # one for each process
os.environ.setdefault("THROTTLES", "off")

if "REDIS_URL" in os.environ and (worker := os.environ.get("PYTEST_XDIST_WORKER")):
    # Counters of their own for each of the processes that share the tests.
    os.environ["REDIS_URL"] = f"{os.environ['REDIS_URL'].rpartition('/')[0]}/{1 + int(worker[2:])}"

from config.settings import *  # noqa: F403

# The real ones take their time on purpose, or need `collectstatic`.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # noqa: F405
STATIC_ROOT.mkdir()  # noqa: F405

FLUSH_SECONDS = 0  # a thread would write beside the transaction of the test: it says itself when

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":  # noqa: F405
    # In a file, as the product has it: threads cannot wait for each other in a database in memory.
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / "tests.sqlite3"}  # noqa: F405
