"""Whether words or files of somebody are still anywhere."""

import json
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models import TextField
from django.db.models.functions import Cast

TEXTS = (models.CharField, models.TextField, models.JSONField, models.FileField, models.GenericIPAddressField)

WORDS = [
    *["al.ice-99", "wonder.example", "Alicia", "Liddéll", "4917055501234", "Down the hole", "Oxfordshire"],
    *["alicewonder", "A rabbit", "Tea party", "203.0.113.9"],
]
"""Of the life in conftest.py."""
AUDIT = {("core.AuditEntry", "target")}
"""What the trail keeps: the minimal rows."""


def in_tables(*words: str) -> list[tuple[str, str, str, Any]]:
    """Table, column, word and key of each row that holds one of them, in any case."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            if isinstance(field, TEXTS) or field.get_internal_type() in ("TextField", "CharField"):
                rows = model._base_manager.annotate(found_text=Cast(field.name, TextField()))
                for word in words:
                    for spelling in {word, json.dumps(word)[1:-1]}:
                        keys = rows.filter(found_text__icontains=spelling).values_list("pk", flat=True)
                        found += [(model._meta.label, field.name, word, key) for key in keys]
    return found


def in_mails(*words: str) -> list[str]:
    files = [path for path in Path(settings.EMAIL_FILE_PATH).iterdir() if path.is_file()]
    return [path.name for path in files if any(word in path.read_text() for word in words)]
