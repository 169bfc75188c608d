"""Which write is told to whom, and how."""

import pytest
from django.conf import settings
from django.core import signing
from django.db import connection, transaction

from apps.accounts.models import Document, User
from apps.accounts.services import people, sessions
from apps.accounts.services.documents import review_document
from apps.events.jobs import leads_to
from apps.live import bell
from apps.live.log import grown
from apps.live.models import Entry, Head, Payload
from apps.live.services import publish
from apps.messaging import services as messaging
from apps.messaging.models import Message
from apps.messaging.schemas import DeletedOut, MessageDeletedEvent
from apps.notifications.models import Notification, NotificationType
from apps.notifications.services import delete_all, notify_all
from apps.social.models import Connection
from tests.client import ApiClient, image_file, pdf_file, sign_in
from tests.factories import (
    AttachmentFactory,
    ConnectionFactory,
    DocumentFactory,
    EventFactory,
    MessageFactory,
    StaffFactory,
    UserFactory,
)
from tests.live.logs import cursor_of, events_of, greet, poll, say, told


@pytest.fixture
def carol(db) -> User:
    return UserFactory(username="carol")


# Who is told of what


def ask(alice, bob, carol):
    ApiClient(alice).post("/connections/request", {"receiver_id": bob.pk})


def accept(alice, bob, carol):
    request = ConnectionFactory(sender=alice, receiver=bob)
    ApiClient(bob).patch(f"/connections/{request.pk}/action", {"status": "accepted"})
    assert Connection.objects.get(pk=request.pk).status == "accepted"


def send(alice, bob, carol):
    say(alice, bob)


def send_into_room(alice, bob, carol):
    names = ["alice", "bob"]
    ApiClient(alice).post("/chat/conversations", {"name": "our-room", "participants": names})
    assert ApiClient(bob).post("/chat/conversations/our-room/messages", {"content": "Hi"}).status_code == 201


def edit(alice, bob, carol):
    message = MessageFactory(sender=alice, receiver=bob)
    assert ApiClient(alice).patch(f"/chat/{message.pk}", {"content": "Hi again"}).status_code == 200


def delete(alice, bob, carol):
    message = MessageFactory(sender=alice, receiver=bob)
    assert ApiClient(alice).delete(f"/chat/{message.pk}").status_code == 204


def unsay(alice, bob, carol):
    """All that bob has not read: what he was notified of goes with the last of it."""
    sent = [say(alice, bob), say(alice, bob)]
    forget()
    for message in sent:
        assert ApiClient(alice).delete(f"/chat/{message['id']}").status_code == 204


def unsay_what_was_read(alice, bob, carol):
    sent = say(alice, bob)
    ApiClient(bob).post("/chat/read", {"user_id": alice.pk})
    forget()
    ApiClient(alice).delete(f"/chat/{sent['id']}")


def withdraw(alice, bob, carol):
    ask(alice, bob, carol)
    forget()
    request = Connection.objects.get()
    assert ApiClient(alice).delete(f"/connections/{request.pk}").status_code == 204


def block_who_asked(alice, bob, carol):
    ask(alice, bob, carol)
    forget()
    assert ApiClient(bob).post("/blocks", {"user_id": alice.pk}).status_code == 201


def block_whom_one_asked(alice, bob, carol):
    ask(alice, bob, carol)
    forget()
    assert ApiClient(alice).post("/blocks", {"user_id": bob.pk}).status_code == 201


def delete_a_notification(alice, bob, carol):
    greet(bob)
    forget()
    (row,) = ApiClient(bob).get("/notifications").json()["data"]
    assert ApiClient(bob).delete(f"/notifications/{row['id']}").status_code == 204
    assert ApiClient(carol).delete(f"/notifications/{row['id']}").status_code == 404


def forget():
    """Only what comes from now on is looked at."""
    Payload.objects.exclude(event="session_ended").delete()


def take_down(alice, bob, carol):
    messaging.delete_message(
        message=MessageFactory(sender=alice, receiver=bob), by=StaffFactory(is_superuser=True, username="staff")
    )


def read(alice, bob, carol):
    MessageFactory.create_batch(2, sender=alice, receiver=bob)
    assert ApiClient(bob).post("/chat/read", {"user_id": alice.pk}).json()["data"] == {"updated": 2}


def read_what_is_read(alice, bob, carol):
    MessageFactory(sender=alice, receiver=bob, read=True)
    ApiClient(bob).post("/chat/read", {"user_id": alice.pk})


def type_to(alice, bob, carol):
    assert ApiClient(alice).post("/chat/typing", {"receiver_id": bob.pk}).status_code == 204


def host(alice, bob, carol, run_jobs):
    ConnectionFactory(sender=alice, receiver=bob, accepted=True)
    User.objects.filter(pk=alice.pk).update(user_type=UserFactory(role="brand").user_type)
    body = {"title": "Gala", "date": "2030-01-01T10:00:00Z", "location": "Berlin"}
    assert ApiClient(alice).post("/events", body).status_code == 201
    run_jobs()


def invite(alice, bob, carol):
    ConnectionFactory(sender=alice, receiver=bob, accepted=True)
    event = EventFactory(host=alice)
    assert ApiClient(alice).post(f"/events/{event.pk}/invite", {"user_ids": [bob.pk]}).status_code == 200


def review(alice, bob, carol):
    document = DocumentFactory(user=bob)
    review_document(document=document, by=StaffFactory(is_superuser=True), approve=True)
    assert Document.objects.get(pk=document.pk).status == "approved"


def sign_out(alice, bob, carol):
    ApiClient(alice).post("/users/auth/logout")


def sign_out_everywhere(alice, bob, carol):
    sign_in(alice)
    sessions.end_all(user=alice)


def refused(alice, bob, carol):
    assert ApiClient(alice).post("/connections/request", {"receiver_id": alice.pk}).status_code == 400


MESSAGE, NOTIFIED, WITHDRAWN = ["message"], ["notification"], ["notification_deleted"]


@pytest.mark.parametrize(
    ("write", "alices", "bobs"),
    [
        (ask, [], NOTIFIED),
        (accept, NOTIFIED, []),
        (send, MESSAGE, MESSAGE + NOTIFIED),
        (send_into_room, MESSAGE + NOTIFIED, MESSAGE),
        (edit, ["message_updated"], ["message_updated"]),
        (delete, ["message_deleted"], ["message_deleted"]),
        (take_down, ["message_deleted"], ["message_deleted"]),
        (unsay, ["message_deleted"] * 2, ["message_deleted"] * 2 + WITHDRAWN),
        (unsay_what_was_read, ["message_deleted"], ["message_deleted"]),
        (withdraw, [], WITHDRAWN),
        (block_who_asked, [], WITHDRAWN),
        (block_whom_one_asked, [], WITHDRAWN),
        (delete_a_notification, [], WITHDRAWN),
        (read, ["read"], []),
        (read_what_is_read, [], []),
        (type_to, [], []),
        (host, [], NOTIFIED),
        (invite, [], NOTIFIED),
        (review, [], NOTIFIED),
        (sign_out, [], []),
        (sign_out_everywhere, [], []),
        (refused, [], []),
    ],
)
def test_who_is_told(alice, bob, carol, run_jobs, write, alices, bobs):
    jobs = [run_jobs] if write is host else []

    write(alice, bob, carol, *jobs)

    heard = [events_of(person, "0") for person in (alice, bob, carol)]
    assert heard == [alices, bobs, []]


# What they are told


def newest(user: User, path: str):
    return ApiClient(user).get(path).json()["data"][0]


def test_a_notification_is_the_item_of_the_list(alice, bob):
    ask(alice, bob, None)

    (event,) = told(bob, "0")

    assert event == {"id": "1", "event": "notification", "data": newest(bob, "/notifications")}


def test_one_that_is_refreshed_comes_again_under_its_id(alice, bob):
    say(alice, bob)
    say(alice, bob)

    first, second = [event["data"] for event in told(bob, "0") if event["event"] == "notification"]

    assert first["id"] == second["id"]
    assert second == newest(bob, "/notifications") != first


def test_one_that_is_withdrawn_is_told_by_its_id_and_not_told_of_before(alice, bob):
    sent = [say(alice, bob), say(alice, bob)]
    notified = newest(bob, "/notifications")
    for message in sent:
        ApiClient(alice).delete(f"/chat/{message['id']}")

    events = told(bob, "0")

    assert [event["event"] for event in events] == ["message_deleted", "message_deleted", "notification_deleted"]
    assert events[-1]["data"] == {"id": notified["id"]}


@pytest.mark.parametrize("count", [1, 3])
def test_each_who_loses_some_is_told_of_each_of_their_own(alice, django_assert_num_queries, count):
    people = UserFactory.create_batch(count)
    for _ in range(2):
        event = EventFactory(host=alice)
        receivers = User.objects.filter(pk__in=[person.pk for person in people])
        words = {"host": alice.username, "title": event.title}
        notify_all(receivers=receivers, code="event_invited", actor=alice, redirect=leads_to(event), **words)
    ids = {person: set(person.notifications.values_list("pk", flat=True)) for person in people}

    # A savepoint, the rows, their deletion, what was told of them, and two entries in each log.
    with django_assert_num_queries(7 if connection.vendor == "postgresql" else 11):
        delete_all(notifications=Notification.objects.filter(kind__code="event_invited"))

    for person in people:
        gone = [event["data"] for event in told(person, "0") if event["event"] == "notification_deleted"]
        assert {row["id"] for row in gone} == ids[person]
        assert len(gone) == 2
    assert not Notification.objects.filter(kind__code="event_invited").exists()


@pytest.mark.parametrize("count", [1, 3])
def test_each_of_an_audience_gets_their_own_row(alice, run_jobs, count):
    audience = UserFactory.create_batch(count)
    for person in audience:
        ConnectionFactory(sender=alice, receiver=person, accepted=True)
    event = EventFactory(host=alice)
    ApiClient(alice).post(f"/events/{event.pk}/invite", {"user_ids": [person.pk for person in audience]})
    ApiClient(alice).patch(f"/events/{event.pk}", {"location": "Rome"})
    run_jobs()

    for person in audience:
        events = told(person, "0")
        assert [event["data"]["code"] for event in events] == ["event_invited", "event_changed"]
        assert [event["data"] for event in events] == ApiClient(person).get("/notifications").json()["data"][::-1]
    assert Payload.objects.count() == 2


def test_attachments_have_links_that_work_for_whoever_reads(alice, bob):
    form = {"receiver_id": bob.pk, "content": "Look", "attachments": [image_file(), pdf_file()]}
    ApiClient(alice).post("/chat", form=form)

    for user, other in ((alice, bob), (bob, alice)):
        (event,) = [event for event in told(user, "0") if event["event"] == "message"]
        (item,) = ApiClient(user).get(f"/chat?user_id={other.pk}").json()["data"]
        assert without_links(event["data"]) == without_links(item)
        for row in event["data"]["attachments"]:
            path = row["url"].removeprefix(settings.PUBLIC_URL + "/api/v1")
            assert ApiClient().get(path).status_code == 200
            assert viewer_of(path) == user.pk


def without_links(message):
    rows = [{name: value for name, value in row.items() if name != "url"} for row in message["attachments"]]
    return message | {"attachments": rows}


def viewer_of(path):
    return signing.loads(path.partition("?sig=")[2], salt="files")[2]


def test_links_of_others_stay_as_they_are(alice, bob):
    tricky = f"{settings.PUBLIC_URL}/api/v1/files/what/is/this?sig=x"
    body = {"receiver_id": bob.pk, "content": tricky, "attachments": ["https://example.com/a?sig=1", tricky]}
    sent = ApiClient(alice).post("/chat", body, idempotency_key="once").json()["data"]

    assert told(bob, "0")[0]["data"] == sent
    assert [row["url"] for row in sent["attachments"]] == body["attachments"]
    assert ApiClient(alice).post("/chat", body, idempotency_key="once").json()["data"] == sent
    assert len(told(bob, "0")) == 2


def test_an_edited_message_is_the_item_of_the_list(alice, bob):
    message = MessageFactory(sender=alice, receiver=bob)
    AttachmentFactory(message=message, link_only=True)
    ApiClient(alice).patch(f"/chat/{message.pk}", {"content": "Hi again"})

    for user, other in ((alice, bob), (bob, alice)):
        assert told(user, "0")[0]["data"] == newest(user, f"/chat?user_id={other.pk}")


def test_a_deleted_message_is_told_of_no_more_than_that(alice, bob):
    sent = say(alice, bob, "A secret")
    ApiClient(alice).patch(f"/chat/{sent['id']}", {"content": "Another secret"})
    other = say(alice, bob, "No secret")
    ApiClient(alice).delete(f"/chat/{sent['id']}")

    for user in (alice, bob):
        messages = [event for event in told(user, "0") if event["event"] != "notification"]
        assert [event["event"] for event in messages] == ["message", "message_deleted"]
        assert messages[0]["data"] == other
        assert messages[1]["data"] == {"id": sent["id"], "conversation": sent["conversation"]}
    assert not Payload.objects.filter(data__contains="A secret").exists()


def test_reading_tells_who_has_read_and_when(alice, bob):
    message = MessageFactory(sender=alice, receiver=bob)
    ApiClient(bob).post("/chat/read", {"user_id": alice.pk})

    (event,) = told(alice, "0")

    assert event["data"] == {
        "conversation": message.conversation_id,
        "user_id": bob.pk,
        "read_at": newest(alice, f"/chat?user_id={bob.pk}")["read_at"],
    }


def test_the_end_of_a_session_is_counted_and_not_shown(alice, bob):
    sessions.end_all(user=alice)
    sessions.end_all(user=alice)  # nothing to end
    greet(alice)
    sign_out(alice, None, None)
    people.deactivate(user=bob)

    assert [event["id"] for event in told(alice, "0")] == ["1"]
    assert cursor_of(alice, "0") == "2"
    assert not Head.objects.filter(user=bob).exists()


def test_what_is_switched_off_is_not_told(alice, bob):
    NotificationType.objects.update(is_active=False)

    say(alice, bob)

    assert events_of(bob, "0") == MESSAGE


# All or nothing


class TurnedBackError(Exception):
    pass


@transaction.atomic
def tell_and_turn_back(alice, bob):
    greet(alice)
    greet(bob)
    sessions.end_all(user=alice)
    raise TurnedBackError


def test_a_write_that_is_rolled_back_leaves_nothing(alice, bob):
    greet(alice)

    with pytest.raises(TurnedBackError):
        tell_and_turn_back(alice, bob)

    assert events_of(alice, "0") == NOTIFIED
    assert poll(bob)["cursor"] == "0"
    assert (Entry.objects.count(), Payload.objects.count(), Head.objects.count()) == (1, 1, 1)
    greet(alice)
    assert [event["id"] for event in told(alice, "0")] == ["1", "2"]


def test_a_refused_write_tells_nobody(alice, bob):
    message = MessageFactory(sender=alice, receiver=bob)

    assert ApiClient(bob).delete(f"/chat/{message.pk}").status_code == 403
    assert ApiClient(bob).patch(f"/chat/{message.pk}", {"content": "x"}).status_code == 403

    assert (Payload.objects.count(), Message.objects.count()) == (0, 1)


@pytest.mark.django_db(transaction=True)
def test_a_write_stands_though_the_bell_fails(alice, bob, monkeypatch, caplog):
    def fail(message):
        raise OSError("no bell")

    monkeypatch.setattr(bell, "here", fail)

    say(alice, bob)

    assert events_of(bob, "0") == MESSAGE + NOTIFIED
    assert "no bell" in caplog.text


def test_the_bell_rings_after_the_commit_for_those_who_were_told(alice, bob, monkeypatch, transactional_db):
    rung = []
    monkeypatch.setattr(bell, "here", rung.append)

    with transaction.atomic():
        say(alice, bob)
        assert rung == []

    assert rung == [{"users": [alice.pk, bob.pk]}, {"users": [bob.pk]}]


# What it costs


@pytest.mark.parametrize("count", [1, 10])
def test_telling_many_costs_as_much_as_telling_one(alice, django_assert_num_queries, count):
    event = EventFactory(host=alice)
    UserFactory.create_batch(count)
    others = User.objects.exclude(pk=alice.pk)

    words = {"host": alice.username, "title": event.title}
    # Two savepoints, the type, the notifications and one of them, the logs, the mails of those who want them at once.
    with django_assert_num_queries(7 if connection.vendor == "postgresql" else 9):
        notify_all(receivers=others, code="event_invited", actor=alice, redirect=leads_to(event), **words)

    assert Entry.objects.count() == count


def steps_to_tell(count):
    """How much SQLite does for so many people without a log."""
    people = [User(username=f"{count}-{n}", email=f"{count}-{n}@infloo.in", user_type_id=1) for n in range(count)]
    ids = [person.pk for person in User.objects.bulk_create(people)]
    steps = []
    connection.connection.set_progress_handler(lambda: steps.append(1), 10)
    publish(ids, MessageDeletedEvent(data=DeletedOut(id=1, conversation=1)))
    assert sorted(grown(dict.fromkeys(ids, 0))) == ids
    connection.connection.set_progress_handler(None, 0)
    return len(steps)


@pytest.mark.sqlite
def test_sqlite_goes_through_people_once_though_it_counted_few_logs(alice):
    greet(alice)
    connection.cursor().execute("ANALYZE live_head")

    few, many = steps_to_tell(50), steps_to_tell(500)

    assert many < 20 * few
