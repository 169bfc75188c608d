"""Django's own log moves into the trail, whose rows lose the words of people."""

import json

from django.db import migrations

ACTIONS = {1: "row.added", 2: "row.changed", 3: "row.deleted"}
KINDS = {
    "accounts.user": "user",
    "accounts.document": "document",
    "accounts.session": "session",
    "social.story": "story",
    "events.event": "event",
    "messaging.message": "message",
    "moderation.report": "report",
}
NAMED = {"usertype", "group", "taxonomy", "notificationtype", "schedule"}
"""Rows that are nobody's: their names may be read."""
PEOPLES_WORDS = [
    *["story.taken_down", "event.cancelled", "event.attendee_removed", "message.taken_down", "report.file_viewed"]
]
BATCH = 1000

PERSONS = """
    UPDATE core_auditentry SET person_id = (SELECT {owner} FROM {table}
        WHERE id = CAST(substr(core_auditentry.target, {start}) AS bigint))
    WHERE target LIKE '{label}:%%' AND person_id IS NULL
"""

def tidy(apps, schema_editor):
    entries = apps.get_model("core", "AuditEntry").objects
    entries.filter(action__in=PEOPLES_WORDS).update(note="")
    for entry in entries.filter(action="event.changed").iterator():
        entry.changes, entry.note = {name: [] for name in entry.note.split(", ")}, ""
        entry.save(update_fields=["changes", "note"])
    for label, kind in KINDS.items():
        entries.filter(target__startswith=f"{label}:").update(target_name=kind)


def take_over_log(apps, schema_editor):
    AuditEntry, LogEntry = apps.get_model("core", "AuditEntry"), apps.get_model("admin", "LogEntry")
    while rows := list(LogEntry.objects.select_related("content_type").order_by("pk")[:BATCH]):
        AuditEntry.objects.bulk_create(entry_of(AuditEntry, row) for row in rows)
        LogEntry.objects.filter(pk__in=[row.pk for row in rows]).delete()


def entry_of(AuditEntry, row):
    kind = row.content_type
    label = f"{kind.app_label}.{kind.model}" if kind else "unknown"
    name = kind.model if kind else ""
    is_settings = label == "constance.config"
    return AuditEntry(
        actor_id=row.user_id,
        action="settings.changed" if is_settings else ACTIONS.get(row.action_flag, "row.changed"),
        target=f"{label}:{row.object_id}"[:100],
        target_name=f"{name} {row.object_repr}"[:200] if name in NAMED else name,
        changes=fields_in(row.change_message) or None,
        created_at=row.action_time,
    )


def fields_in(message):
    """As Django writes it: what was changed, without values."""
    try:
        parts = json.loads(message)
    except ValueError:
        return {}
    changed = [part.get("changed", {}) for part in parts if isinstance(part, dict)]
    return {str(field).lower(): [] for change in changed for field in change.get("fields", [])}


def find_persons(apps, schema_editor):
    for label, table, owner in [
        ("accounts.user", "accounts_user", "id"),
        ("accounts.document", "accounts_document", "user_id"),
        ("accounts.session", "accounts_session", "user_id"),
    ]:
        schema_editor.execute(PERSONS.format(label=label, table=table, owner=owner, start=len(label) + 2))


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0008_the_whole_trail"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("accounts", "0015_linked_logins"),
    ]

    operations = [
        migrations.RunPython(tidy, migrations.RunPython.noop),
        migrations.RunPython(take_over_log, migrations.RunPython.noop),
        migrations.RunPython(find_persons, migrations.RunPython.noop),
    ]
