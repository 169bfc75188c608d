"""GET /users/analytics: what somebody shows, and how it is received, day by day."""

from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from apps.core import buffers
from apps.social.models import ProfileVisit
from tests.client import ApiClient
from tests.factories import (
    AttendanceFactory,
    BlockFactory,
    ConnectionFactory,
    EventFactory,
    ProfileVisitFactory,
    StoryDayFactory,
    StoryFactory,
    StoryViewFactory,
    UserFactory,
)
from tests.insights.conftest import NOON

EVERYBODY = {"connections_gained", "profile_visits", "story_views", "story_engagement"}


@pytest.fixture
def bob(db):
    return UserFactory(username="bob")


def get(client, **query):
    return client.get(f"/users/analytics?{urlencode(query)}")


def totals(client, **query):
    return get(client, **query).json()["data"]["totals"]


def by_date(client, name, **query):
    series = get(client, **query).json()["data"]["series"]
    return {row["date"]: row[name] for row in series if row[name]}


def visit(viewer, username="alice"):
    return ApiClient(viewer).get(f"/users/profile/{username}").status_code


# The shape of it


@pytest.mark.parametrize(("query", "days"), [({}, 30), ({"days": 1}, 1), ({"days": 365}, 365)])
def test_there_is_a_row_for_each_day_and_the_last_is_today(alice_client, at, query, days):
    data = get(alice_client, **query).json()["data"]

    dates = [row["date"] for row in data["series"]]
    assert set(data) == {"from", "to", "totals", "series"}
    assert dates == sorted(set(dates))
    assert (len(dates), dates[-1]) == (days, "2026-03-18")
    assert (data["from"], data["to"]) == (dates[0], dates[-1])
    assert dates[0] == str((NOON - timedelta(days=days - 1)).date())


@pytest.mark.parametrize(
    ("days", "sentence"),
    [
        ("0", "Ensure this value is greater than or equal to 1."),
        ("366", "Ensure this value is less than or equal to 365."),
        ("-1", "Ensure this value is greater than or equal to 1."),
        ("week", "A valid integer is required."),
        ("1.5", "A valid integer is required."),
        ("", "A valid integer is required."),
    ],
)
def test_days_are_1_to_365(alice_client, days, sentence):
    response = get(alice_client, days=days)

    assert response.status_code == 400
    assert response.json()["details"] == {"days": [sentence]}


@pytest.mark.parametrize(
    ("role", "more"),
    [
        ("influencer", set()),
        ("investor", set()),
        ("brand", {"campaign_reach", "applications"}),
        ("entrepreneur", {"campaign_reach", "applications"}),
    ],
)
def test_a_figure_is_there_for_whoever_may_do_what_it_counts(db, role, more):
    data = get(ApiClient(UserFactory(role=role)), days=2).json()["data"]

    assert data["totals"].keys() == EVERYBODY | more
    assert all(row.keys() == EVERYBODY | more | {"date"} for row in data["series"])
    assert not any(data["totals"].values())


def test_it_asks_who_is_calling(db):
    assert get(ApiClient()).status_code == 401


# Visits


def test_a_visit_counts_once_for_each_viewer_and_day(alice_client, bob, at):
    for day in (17, 18):
        at(NOON.replace(day=day))
        for viewer in (bob, bob, UserFactory()):
            visit(viewer)
    buffers.flush()
    buffers.forget()  # another process has not seen it yet
    visit(bob)
    buffers.flush()

    assert by_date(alice_client, "profile_visits") == {"2026-03-17": 2, "2026-03-18": 2}
    assert totals(alice_client)["profile_visits"] == 4


def test_days_end_at_midnight_by_utc(alice_client, bob, at):
    for moment in (datetime(2026, 3, 17, 23, 59, 59, tzinfo=UTC), datetime(2026, 3, 18, tzinfo=UTC)):
        at(moment)
        visit(bob)
    buffers.flush()

    assert by_date(alice_client, "profile_visits") == {"2026-03-17": 1, "2026-03-18": 1}


def test_ones_own_visit_does_not_count(alice, alice_client):
    visit(alice)
    buffers.flush()

    assert not ProfileVisit.objects.exists()


@pytest.mark.parametrize("by_alice", [True, False])
def test_who_is_blocked_visits_nobody(alice, bob, by_alice):
    BlockFactory(blocker=alice if by_alice else bob, blocked=bob if by_alice else alice)

    assert visit(bob) == 404
    buffers.flush()

    assert not ProfileVisit.objects.exists()


def test_nobody_is_visited_who_is_away_or_not_there(alice, bob):
    UserFactory(username="gone", is_active=False)

    assert (visit(bob, "gone"), visit(bob, "nobody")) == (404, 404)
    assert ApiClient().get("/users/profile/alice").status_code == 401
    buffers.flush()

    assert not ProfileVisit.objects.exists()


def test_nothing_is_kept_of_who_left_before_it_was_written(alice, alice_client, bob):
    visit(bob)
    visit(UserFactory())
    bob.is_active = False
    bob.save()
    buffers.flush()

    assert totals(alice_client)["profile_visits"] == 1


def test_a_visit_costs_no_query(alice_client, bob, django_assert_num_queries):
    with django_assert_num_queries(2):  # who you are, their profile
        assert alice_client.get("/users/profile/bob").status_code == 200


# Connections


def test_connections_count_on_the_day_they_were_accepted(alice, alice_client, at):
    for ago in (0, 1, 1, 40):
        moment = NOON - timedelta(days=ago)
        ConnectionFactory(sender=alice, status="accepted", answered_at=moment)
        ConnectionFactory(receiver=alice, status="accepted", answered_at=moment)
    ConnectionFactory(receiver=alice)
    ConnectionFactory(receiver=alice, rejected=True)
    ConnectionFactory(accepted=True)

    assert by_date(alice_client, "connections_gained") == {"2026-03-17": 4, "2026-03-18": 2}
    assert totals(alice_client, days=1)["connections_gained"] == 2
    assert totals(alice_client, days=41)["connections_gained"] == 8


# Stories


def friends_of(person, count):
    return [ConnectionFactory(sender=person, accepted=True).receiver for _ in range(count)]


def test_a_story_is_seen_once_by_each(alice, alice_client):
    story, friends = StoryFactory(user=alice), friends_of(alice, 4)
    for viewer in (friends[0], friends[0], friends[1]):
        assert ApiClient(viewer).post(f"/stories/{story.pk}/view").status_code == 204

    found = totals(alice_client)

    assert (found["story_views"], found["story_engagement"]) == (2, 0.5)


def test_views_outlast_their_story(alice, alice_client, at, django_capture_on_commit_callbacks):
    """Seen before midnight and after: the views count on their days, the engagement on the day it was posted."""
    at(NOON.replace(hour=20))
    one, other, *_ = friends_of(alice, 4)
    story = StoryFactory(user=alice, created_at=timezone.now())
    StoryViewFactory(story=story, viewer=one, created_at=timezone.now())
    at(NOON + timedelta(hours=14))
    StoryViewFactory(story=story, viewer=other, created_at=timezone.now())

    def figures():
        return by_date(alice_client, "story_views"), by_date(alice_client, "story_engagement"), totals(alice_client)

    before = figures()
    with django_capture_on_commit_callbacks(execute=True):
        assert alice_client.delete(f"/stories/{story.pk}").status_code == 204

    assert figures() == before
    assert before[:2] == ({"2026-03-18": 1, "2026-03-19": 1}, {"2026-03-18": 0.5})
    assert before[2]["story_engagement"] == 0.5


def test_engagement_is_all_views_out_of_all_that_could_have_been(alice, alice_client):
    today = timezone.now().date()
    StoryDayFactory(user=alice, day=today - timedelta(days=2), stories=3, views=9, seen=9, audience=30)
    StoryDayFactory(user=alice, day=today - timedelta(days=1), stories=1, views=1, seen=1, audience=10)

    found = by_date(alice_client, "story_engagement")

    assert list(found.values()) == [0.3, 0.1]
    assert totals(alice_client)["story_engagement"] == 0.25


def test_it_is_at_most_one(alice, alice_client):
    """Who saw it may be no connection any more."""
    story, [friend] = StoryFactory(user=alice), friends_of(alice, 1)
    StoryViewFactory(story=story, viewer=friend)
    StoryViewFactory(story=story)
    assert totals(alice_client)["story_engagement"] == 1

    alice.connections_sent.all().delete()
    assert totals(alice_client)["story_engagement"] == 1


def test_who_is_away_could_not_have_seen_it(alice, alice_client):
    StoryViewFactory(story__user=alice, viewer=friends_of(alice, 1)[0])
    ConnectionFactory(sender=alice, receiver__is_active=False, accepted=True)

    assert totals(alice_client)["story_engagement"] == 1


# Campaigns


def test_reach_is_who_goes_to_ones_events(db, at):
    host = UserFactory(role="brand")
    event = EventFactory(host=host)
    for ago, status in ((0, "going"), (1, "going"), (1, "going"), (0, "interested"), (0, "invited"), (40, "going")):
        AttendanceFactory(event=event, status=status, queued_at=NOON - timedelta(days=ago))
    AttendanceFactory()

    assert by_date(ApiClient(host), "campaign_reach") == {"2026-03-17": 2, "2026-03-18": 1}
    assert totals(ApiClient(host))["campaign_reach"] == 3


# All of it


@pytest.mark.parametrize("days", [1, 365])
@pytest.mark.parametrize("count", [1, 10])
def test_it_asks_as_often_however_many_days_and_rows(db, django_assert_num_queries, days, count):
    host = UserFactory(role="brand")
    for number in range(count):
        moment = timezone.now() - timedelta(days=number)
        ConnectionFactory(sender=host, status="accepted", answered_at=moment)
        StoryViewFactory(story__user=host)
        ProfileVisitFactory(person=host, day=moment.date())
        StoryDayFactory(user=host, day=moment.date())
        AttendanceFactory(event__host=host, queued_at=moment)
    client = ApiClient(host)

    # Who you are, what you may; four measures, a fifth for the views of what was posted and three for its audience.
    with django_assert_num_queries(10):
        assert len(get(client, days=days).json()["data"]["series"]) == days
