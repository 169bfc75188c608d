"""Every row that leads to a person says in its room what of it is exported, erased or kept, and why."""

from collections import Counter

import pytest
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session as ConsoleSession
from django.db import models
from django.test.utils import isolate_apps
from django_q.models import Failure, OrmQ

from apps.core.declarations import Exported, Personal, declared, declared_by_room
from apps.core.models import AuditEntry, FailedAttempts, IdempotencyKey, OutgoingMail, RefusedAddress
from apps.live.models import Payload
from apps.moderation.models import Case, Report
from apps.notifications.models import FanOut, Notification

PERSONAL: list[Personal] = declared("personal", "PERSONAL")
EXPORTED = [one for one in PERSONAL if isinstance(one.export, Exported)]
MAY_NAME_SOMEBODY = {
    *[
        Payload,
        Notification,
        FanOut,
        IdempotencyKey,
        Case,
        Report,
        AuditEntry,
        OutgoingMail,
        RefusedAddress,
        FailedAttempts,
    ],
    *[ConsoleSession, LogEntry, OrmQ, Failure],
}
"""Texts and JSON in which a name or an address may stand, beside what people write themselves."""


def leading_to_people(all_models: list[type[models.Model]]) -> set[tuple[str, str]]:
    """Each foreign key to a person, or to a row of which a person has one, as their profile."""
    user = get_user_model()
    fields = [field for model in all_models for field in model._meta.concrete_fields if field.is_relation]
    owned = {user} | {field.model for field in fields if field.one_to_one and field.related_model is user}
    return {(field.model._meta.label, field.name) for field in fields if field.related_model in owned}


def said() -> Counter[tuple[str, str]]:
    return Counter((one.model._meta.label, path.split("__")[0]) for one in PERSONAL for path in one.paths)


def test_each_foreign_key_to_a_person_says_what_becomes_of_it():
    assert leading_to_people(apps.get_models(include_auto_created=True)) - said().keys() == set()


@isolate_apps("apps.core")
def test_one_that_says_nothing_is_found():
    class Diary(models.Model):
        owner = models.ForeignKey(get_user_model(), on_delete=models.CASCADE)

        class Meta:
            app_label = "core"

        def __str__(self) -> str:
            return "diary"

    assert leading_to_people([Diary]) - said().keys() == {("core.Diary", "owner")}


def test_none_says_it_twice():
    assert [path for path, count in said().items() if count > 1] == []


def test_texts_that_may_name_somebody_say_it_too():
    assert {one.model for one in PERSONAL} >= MAY_NAME_SOMEBODY


@pytest.mark.parametrize("personal", PERSONAL, ids=lambda one: f"{one.model._meta.label} {' '.join(one.paths)}")
def test_whoever_keeps_something_says_why(personal):
    for reason in (personal.export, personal.erase):
        assert not isinstance(reason, str) or (len(reason.split()) > 2 and reason.endswith("."))


def test_no_two_lists_of_a_room_have_one_name():
    for room, entries in declared_by_room("personal", "PERSONAL").items():
        names = [one.export.name for one in entries if isinstance(one.export, Exported)]
        assert sorted(set(names)) == sorted(names), room


@pytest.mark.parametrize("personal", EXPORTED, ids=lambda one: one.export.name)
def test_what_is_exported_can_be_read(db, personal):
    rows = personal.export.rows(1) if personal.export.rows else personal.rows_of(1)

    assert list(rows.values_list(*personal.export.columns)) == []
    assert set(personal.export.files) <= set(personal.export.columns)


def test_every_file_of_a_person_is_exported():
    """Copies of reports are the case's, an export is the export's own."""
    files = {
        (model._meta.label, field.name)
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.FileField)
    }
    exported = {
        (one.model._meta.label, name)
        for one in PERSONAL
        if isinstance(one.export, Exported)
        for name in one.export.files
    }

    assert files - exported == {
        ("moderation.ReportFile", "file"),
        ("accounts.RemovedProfile", "avatar"),
        ("accounts.Export", "file"),
    }
