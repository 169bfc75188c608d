"""People and events are found by their words, however these are written."""

import importlib
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.db import connection
from django.utils import timezone

from apps.accounts.models import Profile
from apps.core.reading import search
from apps.core.reading.search import fold
from apps.core.reading.viewer import NOBODY
from apps.events.models import Event, Period, events_found
from tests.client import ApiClient
from tests.factories import EventFactory, UserFactory


def names(client, words):
    response = client.get(f"/users?{urlencode({'search': words})}")
    assert response.status_code == 200, response.json()
    return [person["username"] for person in response.json()["data"]]


def titles(words, **more):
    response = ApiClient().get(f"/events?{urlencode({'search': words, **more})}")
    assert response.status_code == 200, response.json()
    assert response.json()["meta"]["total"] == len(response.json()["data"])
    return [event["title"] for event in response.json()["data"]]


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        ("José", "jose"),
        ("José", "JOSÉ"),
        ("Jose\u0301", "josé"),
        ("Jose", "josé"),
        ("İrem", "irem"),
        ("İrem", "İREM"),
        ("irem", "İrem"),
        ("Straße", "strasse"),
        ("STRASSE", "straße"),
        ("Άλφα", "αλφα"),
        ("ΟΔΟΣ", "οδος"),
        ("Müller", "muller"),
        ("Nguyễn", "nguyen"),
        ("Ёлка", "елка"),
        ("ﬁlm", "film"),
        ("Ｔｏｋｙｏ", "tokyo"),
        ("ｶﾞﾗ", "ガラ"),
        ("한국", "한국"),
        ("100%_\\", "100%_\\"),
    ],
)
def test_what_is_stored_and_what_is_looked_for_are_folded_alike(alice_client, stored, typed):
    UserFactory(username="found", last_name=stored)
    EventFactory(title=stored)

    assert names(alice_client, typed) == ["found"]
    assert titles(typed) == [stored]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("ann lee", True),
        ("LEE Ann", True),
        ("  ann   lee ", True),
        ("ann\u00a0lee", True),
        ("lee paints ann_lee9", True),
        ("ann ann ann", True),
        ("ann smith", False),
        ("annlee", False),
        ("a b c d e f g h i j k l", False),
        ("a n l e p i t s w o r d y", True),
    ],
)
def test_every_word_must_occur(alice_client, words, found):
    UserFactory(username="ann_lee9", first_name="Ann", last_name="Lee", profile__bio="Paints words, today")
    EventFactory(title="Ann_lee9", description="Lee paints", location="Ann words today")

    assert bool(names(alice_client, words)) == found
    assert bool(titles(words)) == found


def test_a_search_narrows_what_else_is_asked_for(db):
    first, second = EventFactory.create_batch(2, title="Summer Gala", past=True)
    EventFactory(title="Summer Gala")

    assert titles("gala summer", when="past") == ["Summer Gala"] * 2
    assert titles("gala summer", when="past", host=second.host_id) == ["Summer Gala"]
    assert titles("gala winter", when="past", host=first.host_id) == []


def test_a_page_of_what_was_found_knows_how_much_there_is(db):
    EventFactory.create_batch(3, title="Summer Gala")

    body = ApiClient().get("/events?search=gala+summer&limit=2").json()

    assert (len(body["data"]), body["meta"]["total"]) == (2, 3)
    assert "search=gala+summer" in body["meta"]["next"]


def test_folding_twice_changes_nothing():
    everything = "".join(map(chr, [*range(0xD800), *range(0xE000, 0x30000)]))

    assert fold(fold(everything)) == fold(everything)


def test_rows_from_before_are_folded_by_the_migrations(alice, monkeypatch):
    monkeypatch.setattr(search, "BATCH", 2)
    people = UserFactory.create_batch(3, last_name="İnce", profile__search_text="i̇nce")
    events = EventFactory.create_batch(3, title="Straße")
    Event.objects.update(search_text="straße\n\nberlin")

    importlib.import_module("apps.accounts.migrations.0006_fold_search_texts").fold_people(apps, None)
    importlib.import_module("apps.events.migrations.0006_fold_search_texts").fold_events(apps, None)

    for person in (alice, *people):
        assert Profile.objects.get(user=person).search_text == Profile.searchable(person, "")
    assert set(Event.objects.values_list("search_text", flat=True)) == {"strasse\n\nberlin"}
    assert len(events) == 3


@pytest.mark.postgres
def test_words_are_looked_up_in_the_index(db):
    person = UserFactory(role="brand")
    rows = [Event(host=person, title=f"Event {n}", date=timezone.now(), location="Bonn") for n in range(3000)]
    for event in rows:
        event.set_derived_fields()
    Event.objects.bulk_create(rows)
    with connection.cursor() as cursor:
        cursor.execute("SELECT gin_clean_pending_list('events_search')")  # as the database does by and by
        cursor.execute("ANALYZE events_event")
        cursor.execute("SET LOCAL enable_seqscan = off")  # a table as small as this would be read whole

    found = events_found(NOBODY, Period.ALL, None, None, "Évent 1234")

    plan = found.explain()
    assert "events_search" in plan
    assert all(f"search_text ~~ '%{word}%'" in plan.partition("Index Cond")[2] for word in ("event", "1234"))
    assert [event.title for event in found] == ["Event 1234"]
