from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import KnownAddress, Session
from apps.accounts.tasks import prune_sessions
from tests.client import sign_in


@pytest.mark.parametrize(
    ("change", "kept"),
    [
        ({}, True),
        ({"revoked_at": timedelta(hours=1)}, True),
        ({"revoked_at": timedelta(days=2)}, False),
        ({"expires_at": timedelta(hours=1)}, True),
        ({"expires_at": timedelta(days=2)}, False),
    ],
)
def test_only_the_long_dead_are_forgotten(alice, change, kept):
    sign_in(alice)
    Session.objects.update(**{name: timezone.now() - ago for name, ago in change.items()})

    prune_sessions()

    assert Session.objects.exists() is kept


@pytest.mark.parametrize(("days", "kept"), [(29, True), (31, False)])
def test_addresses_are_forgotten_after_a_month(alice, days, kept):
    KnownAddress.objects.create(user=alice, network="127.0.0.1", last_login_at=timezone.now() - timedelta(days=days))

    prune_sessions()

    assert KnownAddress.objects.exists() is kept
