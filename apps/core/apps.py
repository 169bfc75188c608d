import logging
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.db.backends.sqlite3.base import DatabaseWrapper

from apps.core.mail.files import MAILS_STAY_HERE

logger = logging.getLogger(__name__)


class CoreConfig(AppConfig):
    name = "apps.core"
    verbose_name = "Operations"

    def ready(self) -> None:
        # Python's SQLite knows JSON. Django asks it once for each connection, and would take an outage for a no.
        features: Any = DatabaseWrapper.features_class
        features.supports_json_field = True
        if settings.MAILS_STAY_HERE:
            logger.warning(MAILS_STAY_HERE)
