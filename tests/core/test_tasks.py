"""What nobody needs any more goes by itself."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import Schedule, Task

from apps.core.tasks import prune_console_sessions, prune_failed_jobs

pytestmark = pytest.mark.django_db


def test_expired_console_sessions_are_forgotten():
    for expiry in (-1, 60):
        session = SessionStore()
        session.set_expiry(expiry)
        session.create()

    prune_console_sessions()

    assert [row.expire_date > timezone.now() for row in Session.objects.all()] == [True]


@pytest.mark.parametrize(("success", "days", "kept"), [(False, 89, True), (False, 91, False), (True, 91, True)])
def test_only_old_failures_are_forgotten(success, days, kept):
    then = timezone.now() - timedelta(days=days)
    Task.objects.create(id="1" * 32, name="job", func="print", started=then, stopped=then, success=success)

    prune_failed_jobs()

    assert Task.objects.exists() is kept


def test_every_schedule_starts_something_there_is():
    """As the worker would, on what the schedules find in an empty house."""
    for func in Schedule.objects.values_list("func", flat=True):
        import_string(func)()

    assert Schedule.objects.filter(func__endswith="prune_console_sessions").exists()
