from io import StringIO

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import CommandError

from apps.accounts.models import SecondFactor
from apps.core.encryption import decrypt, encrypt
from tests.factories import SECRET, SecondFactorFactory

OLD, NEW = "o" * 40, "n" * 40


@pytest.fixture
def keys(settings):
    def use(*keys):
        settings.DATA_KEYS = list(keys)

    use(OLD)
    return use


def test_what_is_encrypted_shows_nothing_and_can_be_read():
    first, second = encrypt("secret"), encrypt("secret")

    assert "secret" not in first
    assert first != second
    assert decrypt(first) == decrypt(second) == "secret"


def test_the_newest_key_encrypts_and_the_old_ones_still_read(keys):
    before = encrypt("secret")

    keys(NEW, OLD)
    assert decrypt(before) == "secret"
    after = encrypt("secret")

    keys(NEW)
    assert decrypt(after) == "secret"
    with pytest.raises(ImproperlyConfigured):
        decrypt(before)


def rotate():
    said = StringIO()
    call_command("rotate_data_keys", stdout=said)
    return said.getvalue()


def test_what_there_is_is_encrypted_anew_and_again_does_no_harm(keys, db):
    row = SecondFactorFactory()
    keys(NEW, OLD)

    for _ in range(2):
        assert rotate() == "encrypted 1 values with the first of DATA_KEYS\n"

    keys(NEW)
    row.refresh_from_db()
    assert decrypt(row.secret) == SECRET


def test_what_no_key_reads_is_named_and_stays_as_it_is(keys, db):
    lost = SecondFactorFactory()
    keys(NEW)
    readable = SecondFactorFactory()

    with pytest.raises(CommandError) as refusal:
        rotate()

    assert str(refusal.value) == f"None of DATA_KEYS reads accounts.secondfactor:{lost.pk}."
    assert SecondFactor.objects.filter(pk=lost.pk, secret=lost.secret).exists()
    assert not SecondFactor.objects.filter(pk=readable.pk, secret=readable.secret).exists()


def test_a_dump_shows_what_is_encrypted(db):
    SecondFactorFactory()
    said = StringIO()

    call_command("dumpdata", "accounts.secondfactor", stdout=said)

    assert SECRET not in said.getvalue()
