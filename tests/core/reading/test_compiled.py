"""Queries that are compiled once answer as those that are compiled each time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User
from apps.core.http.errors import NotFound
from apps.core.reading.compiled import NotCompilable, compiled, compiled_columns
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def built() -> list[str]:
    return []


@pytest.fixture
def called(built):
    @compiled
    def people_called(text, *, city):
        built.append(text)
        people = User.objects.select_related("profile").filter(profile__search_text__contains=text)
        return (people.filter(profile__city=city) if city else people).order_by("-pk")

    def ask(text, city=None):
        return people_called(text, city=city)

    return ask


def test_it_reads_as_the_queryset_does(called):
    people = [UserFactory(username=name, profile__search_text=name) for name in ("anna", "hanna", "zoe")]

    assert list(called("anna")) == [people[1], people[0]]
    assert called("anna")[:1] == [people[1]]
    assert called("anna")[1:3] == [people[0]]
    assert called("anna").count() == 2
    assert called("zoe").first() == people[2]
    assert (called("nobody").first(), called("nobody").count()) == (None, 0)


def test_related_rows_come_along(called, django_assert_num_queries):
    UserFactory(username="zoe", profile__search_text="zoe", profile__city="Rome")

    with django_assert_num_queries(1):
        assert called("zoe").one().profile.city == "Rome"


@pytest.mark.postgres
def test_what_a_plan_depends_on_is_planned_each_time():
    @compiled_columns("username", planned_for=["name"])
    def people(lowest, *, name):
        rows = User.objects.filter(pk__gt=lowest)
        return (rows.filter(username=name) if name else rows).order_by("pk")

    anna = UserFactory(username="anna")
    UserFactory(username="bert")

    with CaptureQueriesContext(connection) as sent:
        assert list(people(anna.pk, name=None)) == [("bert",)]
        assert list(people(0, name="bert")) == [("bert",)]

    kept, planned = (query["sql"] for query in sent)
    assert "$1" in kept
    assert "'bert'" in planned


def test_what_it_is_planned_for_has_to_be_an_argument():
    with pytest.raises(TypeError, match="people has no argument nmae"):

        @compiled_columns("username", planned_for=["nmae"])
        def people(name):
            return User.objects.filter(username=name)


def test_what_is_not_there_is_404(called):
    with pytest.raises(NotFound):
        called("nobody").one()


def test_it_is_built_once_for_each_shape(called, built):
    called("anna").count()
    before = len(built)
    called("zoe").count()
    called("50%").count()
    assert len(built) == before

    called("zoe", "Rome").count()
    again = len(built)
    called("anna", "Paris").count()
    assert len(built) == again > before


@pytest.mark.parametrize("text", ["100%", "a_b", "back\\slash", "it's"])
def test_a_text_in_a_pattern_means_itself(called, text):
    right = UserFactory(profile__search_text=f"so {text} it is")
    UserFactory(profile__search_text="1000 axb backslash its")

    assert list(called(text)) == [right]


def test_moments_and_numbers_are_places_too():
    old, new = UserFactory(), UserFactory()
    now = timezone.now()
    User.objects.filter(pk=old.pk).update(date_joined=now - timedelta(days=2))

    @compiled
    def joined_since(moment, not_this_one):
        return User.objects.filter(date_joined__gt=moment).exclude(pk=not_this_one)

    assert list(joined_since(now - timedelta(days=1), 0)) == [new]
    assert list(joined_since(now - timedelta(days=3), new.pk)) == [old]


def test_a_function_that_looks_at_the_clock_is_refused():
    @compiled
    def joined_by_now():
        return User.objects.filter(date_joined__lt=timezone.now())

    with pytest.raises(NotCompilable):
        joined_by_now()


def test_a_function_that_changes_a_text_is_refused():
    @compiled
    def called_in_any_case(name):
        return User.objects.filter(username=name.lower())

    with pytest.raises(NotCompilable):
        called_in_any_case("Anna")


@pytest.mark.django_db(transaction=True)
def test_each_thread_reads_through_its_own_connection(called):
    person = UserFactory(profile__search_text="anna")
    assert list(called("anna")) == [person]

    def read() -> list[User]:
        try:
            return list(called("anna"))
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(read).result() == [person]


@pytest.mark.postgres
def test_what_is_the_same_each_time_stands_in_the_statement():
    """Or a plan for any value could use no partial index."""

    @compiled
    def away(user_type_id):
        return User.objects.filter(is_active=False, username="100%", user_type=user_type_id)

    sent = []

    def note(execute, sql, values, many, context):
        sent.append((sql, values))
        return execute(sql, values, many, context)

    with connection.execute_wrapper(note):
        assert list(away(7)) == []

    [(sql, values)] = sent
    assert "'100%%'" in sql
    assert values == [7]
