from typing import Any

from django.apps import AppConfig
from django.db.backends.sqlite3.base import DatabaseWrapper


class CoreConfig(AppConfig):
    name = "apps.core"
    verbose_name = "Operations"

    def ready(self) -> None:
        # Python's SQLite knows JSON. Django asks it once for each connection, and would take an outage for a no.
        features: Any = DatabaseWrapper.features_class
        features.supports_json_field = True
