"""What the migration that made one trail of two reads in Django's log."""

from importlib import import_module

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from apps.accounts.models import User, UserType
from apps.core.models import AuditEntry
from apps.notifications.models import NotificationType

MIGRATION = import_module("apps.core.migrations.0009_one_trail")


@pytest.mark.parametrize(
    ("model", "name"),
    [(UserType, "usertype Brand"), (NotificationType, "notificationtype Brand"), (User, "user")],
)
def test_what_is_nobody_s_keeps_its_name(db, model, name):
    kind = ContentType.objects.get_for_model(model)
    row = LogEntry(
        content_type=kind, object_id="7", object_repr="Brand", action_flag=CHANGE, action_time=timezone.now()
    )

    entry = MIGRATION.entry_of(AuditEntry, row)

    assert (entry.action, entry.target) == ("row.changed", f"{kind.app_label}.{kind.model}:7")
    assert (entry.target_name, entry.created_at) == (name, row.action_time)


def test_the_settings_have_a_sentence_of_their_own(db):
    kind = ContentType(app_label="constance", model="config")
    row = LogEntry(content_type=kind, object_id="Config", action_flag=CHANGE, action_time=timezone.now())

    entry = MIGRATION.entry_of(AuditEntry, row)

    assert (entry.action, entry.target) == ("settings.changed", "constance.config:Config")


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        ('[{"changed": {"fields": ["Name", "Alias"]}}]', {"name": [], "alias": []}),
        ('[{"added": {}}]', {}),
        ("[]", {}),
        ("Changed name.", {}),
        ("", {}),
    ],
)
def test_it_says_which_fields_were_changed(message, fields):
    assert MIGRATION.fields_in(message) == fields
