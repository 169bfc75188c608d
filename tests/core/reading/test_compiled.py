"""Queries that are compiled once answer as those that are compiled each time, or are refused."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import User, has_permission
from apps.core.http.errors import NotFound
from apps.core.reading.compiled import CompiledQuery, Rows, compiled
from apps.core.reading.plans import NotCompilable
from apps.core.reading.viewer import Viewer
from apps.core.site_settings import site_settings
from apps.events.models import Event
from tests.factories import EventFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def built() -> list[str]:
    return []


@pytest.fixture
def called(built):
    @compiled()
    def people_called(text, *, city):
        built.append(text)
        people = User.objects.select_related("profile").filter(profile__search_text__contains=text)
        return (people if city is None else people.filter(profile__city=city)).order_by("-pk")

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
    @compiled(custom_plan=["name"])
    def people(lowest, *, name):
        rows = User.objects.filter(pk__gt=lowest)
        return (rows if name is None else rows.filter(username=name)).order_by("pk")

    anna = UserFactory(username="anna")
    bert = UserFactory(username="bert")

    with CaptureQueriesContext(connection) as sent:
        assert list(people(anna.pk, name=None)) == [bert]
        assert list(people(0, name="bert")) == [bert]

    kept, planned = (query["sql"] for query in sent)
    assert "$1" in kept
    assert "'bert'" in planned


def test_what_it_is_planned_for_has_to_be_an_argument():
    with pytest.raises(TypeError, match="people has no argument nmae"):

        @compiled(custom_plan=["nmae"])
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

    @compiled()
    def joined_since(moment, not_this_one):
        return User.objects.filter(date_joined__gt=moment).exclude(pk=not_this_one)

    assert list(joined_since(now - timedelta(days=1), 0)) == [new]
    assert list(joined_since(now - timedelta(days=3), new.pk)) == [old]


def by_the_clock():
    return User.objects.filter(date_joined__lt=timezone.now())


def by_a_changed_text(name):
    return User.objects.filter(username=name.lower())


def by_a_sum(number):
    return User.objects.filter(pk=number + 1)


def by_whether_it_is_zero(number):
    return User.objects.filter(pk__gt=number) if number else User.objects.all()


def by_whether_it_is_empty(text):
    people = User.objects.order_by("pk")
    return people.filter(username__contains=text) if text else people


def by_the_larger(one, other):
    return User.objects.filter(pk__gt=max(one, other), user_type__gt=min(one, other))


def by_the_order(one, other):
    low, high = sorted([one, other])
    return User.objects.filter(pk__gt=low, user_type__lt=high)


def by_the_length(text):
    return User.objects.filter(username__contains=text, pk__gt=len(text))


def by_a_site_setting(text):
    return User.objects.filter(username=text, pk__gt=site_settings().request_cooldown_days)


def by_what_is_there(text):
    return User.objects.filter(username=text, pk__in=list(User.objects.values_list("pk", flat=True)))


def by_nothing(text):
    return User.objects.all()


def by_what_no_number_meets(number):
    return User.objects.filter(pk=number, profile__tier_level__gt=number + 2**40)


@pytest.mark.parametrize(
    ("build", "arguments"),
    [
        (by_the_clock, ()),
        (by_a_changed_text, ("Anna",)),
        (by_a_sum, (1,)),
        (by_whether_it_is_zero, (1,)),
        (by_whether_it_is_empty, ("a",)),
        (by_the_larger, (1, 2)),
        (by_the_order, (1, 2)),
        (by_the_length, ("a",)),
        (by_a_site_setting, ("a",)),
        (by_what_is_there, ("a",)),
        (by_nothing, ("a",)),
        (by_what_no_number_meets, (1,)),
    ],
)
def test_what_depends_on_more_than_its_arguments_is_refused(build, arguments):
    UserFactory()

    with pytest.raises(NotCompilable):
        list(compiled()(build)(*arguments))


@pytest.mark.parametrize("argument", [Decimal(1), 1.5, ["a"], ("a", "b"), User(pk=1), date(2030, 1, 1)])
def test_other_arguments_are_refused(argument):
    """Each would keep a plan of its own, for ever."""

    @compiled()
    def people(name):
        return User.objects.filter(username=name)

    with pytest.raises(TypeError, match="A compiled query takes no"):
        list(people(argument))


@pytest.mark.parametrize("number", [0, -1, 1, 2**15, 2**31 - 1, 2**31, 2**63 - 1, 2**63, -(2**63) - 1])
def test_a_number_of_any_size_finds_what_the_queryset_finds(number):
    """Also where the column is a small one: no condition may be dropped or break."""
    EventFactory(capacity=1), EventFactory(capacity=2**31 - 1), EventFactory(capacity=None)
    UserFactory(profile__tier_level=1)

    for rows in (
        compiled()(lambda n: Event.objects.filter(capacity__lt=n).order_by("pk")),
        compiled()(lambda n: Event.objects.filter(capacity__gte=n).order_by("pk")),
        compiled()(lambda n: Event.objects.exclude(capacity=n).order_by("pk")),
        compiled()(lambda n: User.objects.filter(profile__tier_level__gte=n).order_by("pk")),
    ):
        found = rows(number)

        assert list(found) == list(found.plain())
        assert found.count() == found.plain().count()


def test_a_viewer_is_an_argument_too(built):
    @compiled()
    def seen(viewer):
        built.append(viewer)
        return User.objects.visible_to(viewer).filter(has_permission(viewer, "events.add_event")).order_by("pk")

    people = [UserFactory(role="brand"), UserFactory(role="influencer")]
    viewers = [Viewer.of(person) for person in people]

    assert [list(seen(viewer)) for viewer in viewers] == [list(seen(viewer).plain()) for viewer in viewers]
    assert list(seen(viewers[0])) != []
    built.clear()
    list(seen(viewers[1]))
    assert built == []  # one plan for both
    list(seen(Viewer(1, 1, True)))
    assert built != []  # superusers have one of their own


def test_plans_are_bounded(monkeypatch):
    monkeypatch.setattr("apps.core.reading.compiled.MAX_PLANS", 2)
    query = CompiledQuery(lambda a, b: User.objects.filter(is_active=a, is_staff=b), ())

    for flags in product((True, False), repeat=2):
        Rows(query, flags).read()
        Rows(query, flags).count()

    assert len(query.plans) == 2


def test_switched_off_every_read_is_a_plain_queryset(called, built, settings):
    settings.COMPILED_QUERIES = False
    people = [UserFactory(profile__search_text=text) for text in ("anna", "hanna")]

    assert list(called("anna")) == people[::-1]
    assert called("anna")[1:3] == people[:1]
    assert called("hanna").count() == 1
    assert built == ["anna", "anna", "hanna"]


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

    @compiled()
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
