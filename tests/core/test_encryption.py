from io import StringIO

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from apps.core.encryption import decrypt, encrypt

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


def test_what_there_is_is_encrypted_anew(keys, db):
    said = StringIO()

    call_command("rotate_data_keys", stdout=said)

    assert said.getvalue() == "encrypted 0 values with the first of DATA_KEYS\n"
