"""What may stand in the address of a list: its filters and the exact value of a column, whatever the numbers."""

from collections.abc import Iterator

import pytest
from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.db import models
from django.test import Client, RequestFactory

from apps.accounts.models import Document, Session, User, UserType
from apps.core.console import ChangeList, ModelAdmin
from apps.core.models import AuditEntry, IdempotencyKey
from apps.events.models import Attendance, Event
from apps.messaging.models import Message
from apps.moderation.models import Case
from tests.console.rows import MODELS, ROWS, make, path_of
from tests.factories import EventFactory, MessageFactory, ReportFactory, UserFactory

TOO_MUCH = ["9223372036854775808", "-99999999999999999999", "9" * 5000]
LETTER_BY_LETTER = ["startswith", "iregex", "gt", "isnull"]
HIERARCHIES = [model for model in ROWS if admin.site._registry[model].date_hierarchy]


def leads_back(response, path: str) -> bool:
    return (response.status_code, response.headers.get("Location")) == (302, f"{path}?e=1")


def list_of(user: User, model: type[models.Model], /, **query: str) -> ChangeList:
    request = RequestFactory().get(path_of(model, "changelist"), query)
    request.user = user
    return admin.site._registry[model].get_changelist_instance(request)


def is_refused_or_empty(user: User, model: type[models.Model], /, **query: str) -> bool:
    try:
        return not list_of(user, model, **query).result_list
    except IncorrectLookupParameters:
        return True


def offered(page: ChangeList) -> set[str]:
    return {name for spec in page.filter_specs for name in spec.expected_parameters()}


def columns(model: type[models.Model]) -> Iterator[str]:
    """All fields of the model, and of those it leads to."""
    for field in model._meta.get_fields():
        yield field.name
        if field.related_model:
            yield from (f"{field.name}__{other.name}" for other in field.related_model._meta.concrete_fields)


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_no_list_forgets_what_may_be_looked_up(model):
    page = admin.site._registry[model]

    assert isinstance(page, ModelAdmin)
    assert page.get_changelist(None) is ChangeList


@pytest.mark.parametrize("model", ROWS, ids=str)
def test_nothing_is_guessed_letter_by_letter(boss, model):
    make(model)
    own = offered(list_of(boss, model))
    of_others = LETTER_BY_LETTER[:1]
    lookups = {
        f"{column}__{lookup}"
        for column in columns(model)
        for lookup in (of_others if "__" in column else LETTER_BY_LETTER)
    } - own

    def is_taken(lookup: str) -> bool:
        try:
            list_of(boss, model, **{lookup: "1"})
        except IncorrectLookupParameters:
            return False
        return True

    assert [lookup for lookup in sorted(lookups) if is_taken(lookup)] == []


@pytest.mark.parametrize("model", ROWS, ids=str)
def test_nothing_that_the_list_does_not_show_is_looked_up(boss, model):
    make(model)
    page = list_of(boss, model)
    shown = offered(page) | page.own_lookups()
    hidden = {name for column in columns(model) for name in (column, f"{column}__exact")} - shown

    for name in hidden:
        with pytest.raises(IncorrectLookupParameters):
            list_of(boss, model, **{name: "1"})


@pytest.mark.parametrize(
    ("model", "lookup"),
    [
        (Message, "content__startswith"),
        (Message, "content"),
        (Message, "sender__password__startswith"),
        (Case, "reports__details__contains"),
        (Case, "snapshot__content__startswith"),
        (Event, "host__email__contains"),
        (IdempotencyKey, "answer__icontains"),
        (Session, "refresh_id__startswith"),
        (User, "sessions__refresh_id__startswith"),
        (User, "password__regex"),
        (User, "is_superuser__exact"),
        (User, "_to_field"),
        (Document, "file__contains"),
        (AuditEntry, "created_at__gte"),
    ],
)
@pytest.mark.parametrize("popup", [{}, {"_popup": "1"}], ids=["page", "popup"])
def test_whether_a_guess_is_right_cannot_be_told(boss_client, model, lookup, popup):
    for make_row in (MessageFactory, ReportFactory):
        make_row()
    path = path_of(model, "changelist")

    for guess in ("a", "password", "1"):
        assert leads_back(boss_client.get(path, {lookup: guess} | popup), path)


@pytest.mark.parametrize(
    ("model", "lookup", "value"),
    [
        (Document, "status__exact", "pending"),
        (Document, "user__id__exact", "1"),
        (Session, "state", "alive"),
        (Session, "ip", "127.0.0.1"),
        (AuditEntry, "created_at__year", "2026"),
        (AuditEntry, "address__exact", "203.0.113.7"),
        (AuditEntry, "action", "story.viewed"),
        (User, "email", "alice@example.com"),
        (UserType, "people", "1"),
        (Attendance, "event__exact", "1"),
        (Attendance, "event__id__exact", "1"),
    ],
)
def test_what_a_list_shows_can_be_looked_up(boss_client, model, lookup, value):
    assert boss_client.get(path_of(model, "changelist"), {lookup: value}).status_code == 200


def test_what_people_write_to_each_other_is_not_searched(boss_client):
    MessageFactory(content="marzipan")

    page = boss_client.get(path_of(Message, "changelist"), {"q": "marzipan"})

    assert not page.context["cl"].result_list


@pytest.mark.parametrize("model", ROWS, ids=str)
def test_a_number_out_of_range_is_no_error(boss, boss_client, model):
    make(model)
    path = path_of(model, "changelist")
    names = {*offered(list_of(boss, model)), "p"} - {None}

    for name in names:
        assert all(is_refused_or_empty(boss, model, **{name: number}) for number in TOO_MUCH), name
        response = boss_client.get(path, {name: TOO_MUCH[0]})
        assert leads_back(response, path) or not response.context["cl"].result_list, name


@pytest.mark.parametrize("name", ["o", "_facets", "all", "q", "e"])
def test_nor_is_one_where_it_means_nothing(boss_client, name):
    EventFactory()

    for number in TOO_MUCH:
        assert boss_client.get(path_of(Event, "changelist"), {name: number}).status_code == 200


@pytest.mark.parametrize("model", HIERARCHIES, ids=str)
@pytest.mark.parametrize("year", ["0", "9999", "10000", "99999999999999999999", "-1", "MMXXVI"])
def test_a_year_that_no_calendar_has_is_no_error(boss, model, year):
    field = admin.site._registry[model].date_hierarchy
    make(model)

    for rest in ({}, {"month": "12"}, {"month": "13"}, {"month": "2", "day": "30"}, {"month": TOO_MUCH[0]}):
        query = {f"{field}__{part}": number for part, number in ({"year": year} | rest).items()}
        assert is_refused_or_empty(boss, model, **query), query


@pytest.mark.parametrize("value", ["nonsense", "2026-13-45", "99999999999999999999", "10000-01-01"])
@pytest.mark.parametrize("names", [["created_at_from"], ["created_at_to"]], ids=str)
def test_a_period_that_is_none_is_refused(boss_client, names, value):
    path = path_of(Document, "changelist")

    assert leads_back(boss_client.get(path, dict.fromkeys(names, value)), path)


@pytest.mark.parametrize("value", ["nonsense", "99999999999999999999"])
def test_a_moment_that_is_none_is_refused(boss_client, value):
    path = path_of(Session, "changelist")

    assert leads_back(boss_client.get(path, {"last_used_at_from_0": value, "last_used_at_from_1": value}), path)


@pytest.mark.parametrize("model", ROWS, ids=str)
def test_there_is_no_row_of_such_a_number(boss_client, model):
    for page in ("change", "history", "delete"):
        for number in [*TOO_MUCH, "a", "\0"]:
            assert boss_client.get(path_of(model, page, number)).status_code in (302, 403, 404), (page, number)


SEARCHES = [("accounts", "document", "user"), ("messaging", "message", "conversation")]


def complete(client: Client, row: tuple[str, str, str], **query: str):
    names = dict(zip(("app_label", "model_name", "field_name"), row, strict=True))
    return client.get("/admin/autocomplete/", names | query)


@pytest.mark.parametrize("row", SEARCHES, ids=str)
def test_an_autocomplete_finds_nothing_by_what_cannot_be_searched(boss_client, row):
    make(Message)

    for term in ("\0", "a" * 201, "a" * 60_000):
        assert complete(boss_client, row, term=term).json()["results"] == []
    for page in TOO_MUCH:
        assert complete(boss_client, row, page=page).status_code == 404


def test_an_autocomplete_takes_no_lookups(boss_client):
    UserFactory(username="findme")

    query = {"term": "findme", "password__startswith": "x", "_to_field": "password"}
    found = complete(boss_client, SEARCHES[0], **query).json()["results"]

    assert [row["id"] for row in found] == [str(User.objects.get(username="findme").pk)]


@pytest.mark.parametrize("page", [*TOO_MUCH, "99", "abc"])
def test_the_search_for_pages_has_no_such_page(boss_client, page):
    response = boss_client.get("/admin/search/", {"s": "user", "page": page})

    assert (response.status_code, response.content) == (200, b"")
