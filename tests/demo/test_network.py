"""What is built keeps every rule of the product, although most of it does not go through the services."""

import re
from collections import Counter
from datetime import timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from django.db.models import Count, Exists, F, Min, OuterRef, Q
from PIL import Image

from apps.accounts.models import ActiveDay, Block, Document, Profile, Session, StaffRole, User, UserType
from apps.accounts.schemas import (
    ProfileIn,
    RegisterIn,
)
from apps.core.models import AuditEntry
from apps.core.reading.viewer import Viewer
from apps.demo.logins import NAMES
from apps.demo.texts import texts
from apps.demo.told import LATELY
from apps.events.models import Attendance, Event
from apps.insights.models import CohortWeek, DailyFigure
from apps.messaging.models import Attachment, Conversation, Message
from apps.messaging.schemas import MessageContentIn
from apps.moderation.models import Appeal, Case, Report
from apps.moderation.targets import find
from apps.notifications.models import (
    FanOut,
    Frequency,
    Notification,
    NotificationType,
    Preferences,
    TypePreference,
)
from apps.social.models import Connection, ProfileVisit, Story, StoryDay, StoryView
from apps.social.services.stories import LIFETIME
from tests.demo.conftest import PEOPLE, content_of

pytestmark = pytest.mark.usefixtures("network", "db")


def members():
    return User.objects.filter(user_type__for_staff=False)


def test_there_are_as_many_people_as_asked_for_and_some_of_every_role():
    assert User.objects.count() == PEOPLE
    assert set(UserType.objects.filter(users__isnull=False)) == set(UserType.objects.all())


def test_nobody_has_what_registration_would_refuse():
    for user in members():
        RegisterIn(username=user.username, email=user.email, password="x", role=user.role, first_name=user.first_name)


def test_profiles_say_what_the_api_would_take():
    told = ["bio", "phone", "website", "business_category", "country", "city", "timezone", "languages", "social_links"]
    for profile in Profile.objects.filter(user__in=members()):
        sent = {name: getattr(profile, name) or None for name in told}
        sent["categories"] = [row.slug for row in profile.category_rows.all()]
        platforms = profile.platform_rows.values("platform", "handle", "followers", "engagement_rate")
        ProfileIn.model_validate(sent | {"platforms": list(platforms)})


def test_fields_fit_together():
    places = {place["code"]: place for place in texts("places")}
    for profile in Profile.objects.select_related("user__user_type"):
        place = places[profile.country]
        assert profile.timezone == place["cities"][profile.city]
        assert set(place["languages"]) <= set(profile.languages)
        if profile.business_category:
            assert profile.business_category in [row.slug for row in profile.category_rows.all()]
        assert "{" not in profile.bio


def test_people_search_finds_them():
    for profile in Profile.objects.select_related("user"):
        assert profile.search_text == Profile.searchable(profile.user, profile.bio)


def test_most_have_a_square_picture():
    with_picture = Profile.objects.exclude(avatar="")

    assert len(with_picture) > PEOPLE * 0.7
    for profile in with_picture:
        with Image.open(BytesIO(content_of(profile.avatar))) as image:
            assert (image.format, image.size) == ("WEBP", (512, 512))


def test_most_people_know_a_few_and_some_know_many():
    degrees = Counter()
    for pair in Connection.objects.accepted().values_list("sender", "receiver"):
        degrees.update(pair)
    known = sorted(degrees.values())

    staff = User.objects.filter(is_staff=True).count()
    assert len(known) >= PEOPLE - staff - 5
    assert known[-1] > 2.5 * known[len(known) // 2]


def test_connections_are_in_the_order_of_their_times():
    rows = Connection.objects.order_by("pk").select_related("sender", "receiver")
    times = [row.created_at for row in rows]

    assert times == sorted(times)
    for row in rows:
        assert row.created_at >= max(row.sender.date_joined, row.receiver.date_joined)
        assert (row.answered_at is None) == (row.status == Connection.Status.PENDING)
        assert row.updated_at == (row.answered_at or row.created_at)
        assert row.created_at <= row.updated_at


def test_blocked_people_have_nothing_to_do_with_each_other():
    assert Block.objects.exists()
    for block in Block.objects.all():
        pair = (block.blocker, block.blocked)
        assert not Connection.objects.between(*pair).exists()
        assert not Conversation.objects.pair(*pair).exists()
        assert not Attendance.objects.filter(event__host__in=pair, user__in=pair).exists()


def test_the_blue_tick_means_an_approved_document(network):
    approved = set(Document.objects.filter(status="approved").values_list("user", flat=True))

    assert approved == set(User.objects.filter(is_verified=True).values_list("pk", flat=True))


def test_documents_are_pending_approved_and_rejected(network):
    assert set(Document.objects.values_list("status", flat=True)) == set(Document.Status.values)
    for row in Document.objects.select_related("reviewed_by__user_type", "user"):
        is_decided = row.status != Document.Status.PENDING
        assert bool(row.reviewed_at) == bool(row.reviewed_by) == is_decided
        assert bool(row.reason) == (row.status == Document.Status.REJECTED)
        assert row.user.date_joined <= row.created_at <= (row.reviewed_at or network.now)
        assert not row.reviewed_by or row.reviewed_by.has_perm("accounts.review_document")
        assert AuditEntry.objects.filter(target=f"accounts.document:{row.pk}").count() == is_decided


def test_the_files_of_old_documents_are_erased_and_the_others_are_whole(network):
    for row in Document.objects.all():
        is_old = bool(row.reviewed_at and row.reviewed_at < network.now - timedelta(days=90))
        assert bool(row.file) != is_old
        if row.file:
            content = content_of(row.file)
            assert len(content) == row.size
            assert content.startswith(b"%PDF-1.4" if row.content_type == "application/pdf" else b"\xff\xd8")


def test_stories_are_from_the_last_day_and_have_pictures(network):
    assert Story.objects.live().count() == Story.objects.count() > 5
    for story in Story.objects.all():
        assert timedelta(0) <= story.expires_at - story.created_at - LIFETIME < timedelta(minutes=1)
        assert network.now - LIFETIME < story.created_at < network.now
        assert story.caption
        with Image.open(BytesIO(content_of(story.media))) as image:
            assert (image.format, image.size) == ("JPEG", (720, 1280))


def test_only_connections_have_seen_a_story():
    views = StoryView.objects.select_related("story__user", "viewer")

    assert views
    for view in views:
        assert Connection.objects.accepted().between(view.story.user, view.viewer).exists()
        assert view.story.created_at <= view.created_at


def test_there_are_events_before_now_and_after():
    states = Counter(event.state for event in Event.objects.all())

    assert {"past", "ongoing", "upcoming"} <= states.keys()


def test_events_are_settled_and_told_by_their_hosts():
    for event in Event.objects.all():
        found = (event.ends_at, event.search_text)
        event.set_derived_fields()
        assert (event.ends_at, event.search_text) == found
        assert event.host.has_perm("events.add_event") or event.host.suspended_until
        assert event.host.date_joined <= event.created_at < event.date
        assert "{" not in event.title + event.description


def test_events_begin_at_a_sensible_hour_of_their_place():
    for event in Event.objects.select_related("host__profile"):
        begins = event.date.astimezone(ZoneInfo(event.host.profile.timezone))
        assert 8 <= begins.hour < 20 or event.state == "ongoing"
        assert event.location.endswith(f", {event.host.profile.city}")


def test_no_event_has_more_people_than_places():
    for event in Event.objects.with_going().exclude(capacity=None):
        waiting = event.attendances.waiting()
        assert event.attendees_count <= event.capacity
        assert not waiting or event.attendees_count == event.capacity


def test_only_those_come_who_may_and_the_first_have_the_places():
    for row in Attendance.objects.select_related("user__user_type", "event"):
        assert row.user.has_perm("events.join_event") or row.user.suspended_until
        assert row.event.host_id != row.user_id
        assert row.event.created_at <= row.created_at <= row.event.date
        if row.event.visibility == Event.Visibility.CONNECTIONS:
            assert Connection.objects.accepted().between(row.user, row.event.host).exists()
        late = row.event.attendances.going().filter(queued_at__gt=row.queued_at)
        assert row.status != Attendance.Status.WAITLISTED or not late.exists()


def test_a_full_event_of_the_brand_has_a_waiting_list():
    full = Event.objects.with_going().filter(host__username="tavira", attendees_count=F("capacity"))
    waiting = full.filter(attendances__status=Attendance.Status.WAITLISTED, cancelled_at=None).distinct()

    assert any(event.state == "upcoming" for event in waiting)


def test_conversations_are_as_the_product_keeps_them():
    for conversation in Conversation.objects.all():
        messages = list(conversation.messages.order_by("pk"))
        assert conversation.first_id < conversation.second_id
        assert len(messages) >= 2
        assert conversation.updated_at == messages[-1].timestamp
        assert [row.timestamp for row in messages] == sorted(row.timestamp for row in messages)
        for message in messages:
            assert {message.sender_id, message.receiver_id} == {conversation.first_id, conversation.second_id}


def test_whoever_answers_has_read_what_was_said_before():
    for message in Message.objects.filter(read_at=None):
        answers = Message.objects.filter(conversation=message.conversation, sender=message.receiver)
        assert not answers.filter(timestamp__gt=message.timestamp).exists()


def test_messages_say_something_and_leave_no_gap_open():
    for message in Message.objects.all():
        MessageContentIn(content=message.content)
        assert not re.search(r"[{}|]", message.content)


def test_messages_carry_links_and_files():
    assert Attachment.objects.exclude(link="").exists()
    for attachment in Attachment.objects.with_file():
        assert len(content_of(attachment.file)) == attachment.size


def test_each_conversation_with_unread_messages_has_one_unread_notification(network):
    told = Notification.objects.filter(kind__code="message_received", is_read=False)
    found = Counter(told.values_list("receiver", "redirect_id"))
    waiting = Message.objects.filter(read_at=None).values_list("receiver", "conversation")
    oldest = waiting.annotate(oldest=Min("timestamp")).values_list("receiver", "conversation", "oldest")

    assert found
    assert found == Counter({(reader, pk): 1 for reader, pk, at in oldest if at > network.now - LATELY})


def test_notifications_have_the_words_of_their_types():
    assert Notification.objects.filter(Q(message__contains="{") | Q(title__contains="{")).count() == 0
    for row in Notification.objects.select_related("kind"):
        pattern = re.sub(r"\\{\w+\\}", ".+", re.escape(row.kind.message))
        assert re.fullmatch(pattern, row.message, re.DOTALL)
        assert (row.title, row.priority) == (row.kind.title, row.kind.priority)
        assert row.is_read == bool(row.read_at)


def test_notifications_are_of_many_types_read_and_unread_in_the_order_of_their_times(network):
    times = list(Notification.objects.order_by("pk").values_list("created_at", flat=True))

    assert times == sorted(times)
    assert times[-1] <= network.now
    assert NotificationType.objects.filter(notifications__is_read=True).distinct().count() >= 7
    assert NotificationType.objects.filter(notifications__is_read=False).distinct().count() >= 5


def test_some_have_chosen_what_they_want_to_hear_and_were_told_nothing_else(network):
    own = Notification.objects.filter(receiver=OuterRef("preferences"), kind=OuterRef("kind"))

    assert {True, False} == set(Preferences.objects.values_list("enable_email", flat=True))
    assert set(TypePreference.objects.values_list("frequency", flat=True)) == set(Frequency.values)
    assert not TypePreference.objects.disabled().filter(Exists(own)).exists()
    assert not Preferences.objects.filter(created_at__lt=F("user__date_joined")).exists()


def test_what_was_told_to_an_audience_is_a_finished_fan_out():
    assert FanOut.objects.exists()
    assert not FanOut.objects.unfinished().exists()


def test_every_pending_request_of_late_was_told():
    pending = Connection.objects.filter(status="pending")

    for row in pending:
        assert Notification.objects.about(row.receiver_id, "follow_request", row.pk).count() == 1


def test_those_one_can_sign_in_as_have_much_to_see(logins):
    for name in NAMES[:4]:
        client = logins[name]
        assert len(client.get("/stories").json()["data"]) >= 3
        assert len(client.get("/connections?status=accepted").json()["data"]) >= 8
        assert client.get("/connections?status=pending&direction=received").json()["data"]
        assert len(client.get("/chat/conversations").json()["data"]) >= 4
        assert len(client.get("/chat").json()["data"]) >= 10
        assert client.get("/events?when=upcoming").json()["data"]
        assert client.get("/events?when=past").json()["data"]
        assert client.get("/notifications/unread-count").json()["data"]["unread_count"] >= 1
        assert client.get("/notifications").json()["data"]
        assert client.get("/users/profile").json()["data"]["avatar"]


def test_they_take_part_in_what_is_to_come(logins):
    for name, status in (("mia", "going"), ("priya", "waitlisted"), ("tomas", "waitlisted")):
        events = logins[name].get("/events?when=upcoming&limit=100").json()["data"]
        assert status in {event["my_status"] for event in events}


def test_the_links_to_their_files_open(logins):
    [story, *_] = logins["mia"].get("/stories").json()["data"]
    picture = logins["mia"].get(re.sub(r".*/api/v1", "", story["content_url"]))

    assert picture["Content-Type"] == "image/jpeg"


def test_the_investor_and_the_brand_are_verified_and_the_founder_waits(logins):
    is_verified = {name: logins[name].get("/users/profile").json()["data"]["is_verified"] for name in NAMES[:4]}

    assert is_verified == {"mia": True, "tavira": True, "tomas": False, "priya": True}
    assert [row["status"] for row in logins["tomas"].get("/users/verify").json()["data"]] == ["pending"]


def test_staff_may_enter_the_console(client):
    for user in User.objects.filter(is_staff=True):
        client.force_login(user)
        assert client.get("/admin/").status_code == 200
        assert client.get("/admin/accounts/user/").status_code == 200


def test_there_is_somebody_in_each_group():
    assert not StaffRole.objects.filter(user=None).exists()


def test_documents_are_decided_by_who_may_decide_them():
    for document in Document.objects.exclude(reviewed_by=None).select_related("reviewed_by"):
        viewer = Viewer.of(document.reviewed_by)
        assert Document.objects.to_review_by(viewer).filter(pk=document.pk).exists()


def test_no_two_share_a_file():
    """A file goes with its row."""
    names = [*Profile.objects.exclude(avatar="").values_list("avatar", flat=True)]
    names += Story.objects.values_list("media", flat=True)

    assert len(names) == len(set(names))
    assert not Attachment.objects.with_file().values("file").annotate(count=Count("pk")).filter(count__gt=1)


def test_most_events_have_a_cover():
    covered = Event.objects.exclude(cover="")

    assert covered.count() > Event.objects.count() / 2
    for event in covered:
        with Image.open(BytesIO(content_of(event.cover))) as image:
            assert (f"image/{image.format.lower()}", image.size) == (event.cover_type, (720, 405))


def test_cases_are_in_every_state(network):
    assert Case.objects.open().filter(reports_count__gt=1).exists()
    assert Appeal.objects.open().exists()
    assert Appeal.objects.get(status="overturned").case.decision == "removed"
    assert User.objects.suspended().count() == 1


def test_something_of_each_kind_was_reported_by_somebody_who_could_see_it(network):
    reports = Report.objects.open().select_related("case", "reporter__user_type")

    assert {"story", "user", "event", "message"} == {report.case.target_type for report in reports}
    for report in reports.filter(case__target_owner__is_active=True, reporter__is_active=True):
        find(Case.Target(report.case.target_type), report.case.target_id, viewer=Viewer.of(report.reporter))
        assert report.case.snapshot
        assert network.now - timedelta(days=3) <= report.created_at <= network.now


def test_signed_in_are_people_with_their_devices(network):
    sessions = Session.objects.select_related("user")

    assert Session.objects.alive().count() > PEOPLE / 4
    for session in sessions:
        assert session.user.date_joined <= session.created_at <= session.last_used_at <= network.now
        assert session.user_agent


def test_whoever_looked_at_somebody_was_there_on_that_day_and_could():
    there = set(ActiveDay.objects.values_list("user", "day"))

    visits = ProfileVisit.objects.select_related("person", "viewer")
    assert visits
    for visit in visits:
        assert (visit.viewer_id, visit.day) in there
        assert visit.person.is_active or visit.person.suspended_until
        assert visit.person.date_joined.date() <= visit.day
        assert not Block.objects.between(visit.person, visit.viewer).exists()


def test_nobody_came_before_they_joined(network):
    days = ActiveDay.objects.filter(user__date_joined__date__gt=F("day"))

    assert not days.exists()
    of_others = ActiveDay.objects.filter(user__suspended_until=None)
    assert set(of_others.values_list("user__is_active", flat=True)) == {True}


def test_stories_of_former_days_were_seen_by_those_who_could():
    assert StoryDay.objects.exists()
    assert not StoryDay.objects.filter(seen__gt=F("audience")).exists()


def test_the_last_three_months_have_their_figures(logins):
    assert len(DailyFigure.objects.days()) == 90
    assert CohortWeek.objects.exists()
    totals = logins["tavira"].get("/users/analytics").json()["data"]["totals"]
    assert totals["profile_visits"]
    assert totals["story_views"]
