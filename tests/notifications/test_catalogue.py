"""The seeded texts, and who tells of them, keep to the words that the catalogue declares."""

import json
from pathlib import Path

import pytest
from django.conf import settings

from apps.notifications.audiences import AUDIENCES
from apps.notifications.catalogue import WORDS
from apps.notifications.schemas import Redirect
from apps.notifications.services import NAME_IN_BRACES, notify, notify_or_update, start_fan_out

SEEDED = json.loads(Path(settings.BASE_DIR, "fixtures/notification_types.json").read_text())["rows"]
REDIRECT = Redirect(kind="profile", id=7, url="/api/v1/users/profile/alice")


def test_every_code_is_seeded_once():
    assert sorted(row["code"] for row in SEEDED) == sorted(WORDS)


@pytest.mark.parametrize("row", SEEDED, ids=lambda row: row["code"])
def test_its_text_uses_the_words_it_has(row):
    assert set(NAME_IN_BRACES.findall(f"{row['title']} {row['message']}")) == WORDS[row["code"]]


def test_every_code_told_to_an_audience_is_in_it():
    assert AUDIENCES.keys() <= WORDS.keys()


@pytest.mark.parametrize("tell", [notify, notify_or_update])
def test_who_tells_brings_the_words_along(alice, tell):
    with pytest.raises(LookupError, match=r"document_rejected is told without \['reason', 'type'\]"):
        tell(receiver=alice, code="document_rejected", actor=None, redirect=REDIRECT)


def test_who_tells_an_audience_does_too(alice):
    with pytest.raises(LookupError, match=r"event_hosted is told without \['title'\]"):
        start_fan_out(key="it", code="event_hosted", actor=alice, redirect=REDIRECT, host="alice")


def test_the_documentation_names_them_all():
    page = Path(settings.BASE_DIR, "docs/api.md").read_text()

    assert [code for code in WORDS if f"`{code}`" not in page] == []
