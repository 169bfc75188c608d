from tests.settings import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.toys"]  # noqa: F405  # one of the places that CONTRIBUTING.md names
MIGRATION_MODULES = {app.rpartition(".")[2]: None for app in INSTALLED_APPS}
