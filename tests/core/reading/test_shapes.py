"""An answer says where its fields come from, once; rows and objects in memory are read the same way."""

from typing import Annotated

import pytest
from django.db.models import F, Value

from apps.accounts.models import User
from apps.core.http.errors import NotFound
from apps.core.http.schemas import Out, PersonOut
from apps.core.reading.shapes import Annotation, Column, Computed, ForViewer, layout_of, or_null, show, show_instance
from apps.core.reading.viewer import NOBODY, Viewer
from apps.events.models import Attendance
from apps.events.schemas import AttendeeOut, EventOut
from apps.messaging.models import Message
from apps.messaging.schemas import MessageOut
from apps.notifications.models import Notification
from apps.notifications.schemas import NotificationOut
from tests.factories import AttachmentFactory, AttendanceFactory, EventFactory, NotificationFactory, UserFactory

pytestmark = pytest.mark.django_db


def is_own(viewer: Viewer, user_id: int) -> bool:
    return viewer.id == user_id


class CardOut(Out):
    """Every kind of field, in an order that is not that of their sources."""

    mine: Annotated[bool, ForViewer(is_own, "id")]
    city: Annotated[str | None, Computed(or_null, "profile__city")]
    name: Annotated[str, Column("username")]
    asker: Annotated[int | None, Annotation(lambda viewer: Value(viewer.id))]
    id: int
    number: Annotated[int, Annotation(F("pk"))]


def test_each_field_comes_from_where_it_says(alice, django_assert_num_queries):
    bob = UserFactory(username="bob", profile__city="Rome")

    with django_assert_num_queries(1):
        items = list(show(User.objects.order_by("pk"), CardOut, Viewer.of(alice)))

    assert items == [
        {"mine": True, "city": None, "name": "alice", "asker": alice.pk, "id": alice.pk, "number": alice.pk},
        {"mine": False, "city": "Rome", "name": "bob", "asker": alice.pk, "id": bob.pk, "number": bob.pk},
    ]
    assert [list(item) for item in items] == [list(CardOut.model_fields)] * 2


def test_one_is_shown_or_404(alice):
    assert show(User.objects.filter(pk=alice.pk), PersonOut).one()["username"] == "alice"
    with pytest.raises(NotFound):
        show(User.objects.filter(pk=0), PersonOut).one()


def test_what_leads_nowhere_is_null(alice):
    NotificationFactory(receiver=alice, actor=None)

    assert show(Notification.objects.all(), NotificationOut).one()["actor"] is None


def test_inherited_fields_are_read_through_a_path(alice):
    AttendanceFactory(user=alice, status=Attendance.Status.GOING)

    item = show(Attendance.objects.all(), AttendeeOut).one()

    assert item == {**show(User.objects.filter(pk=alice.pk), PersonOut).one(), "status": "going"}


@pytest.mark.parametrize("avatar", ["", "avatars/a.webp"])
def test_an_object_in_memory_is_shown_as_its_row(alice, avatar):
    UserFactory(username="bob", profile__avatar=avatar)
    AttachmentFactory(message__sender=alice)
    NotificationFactory(receiver=alice, actor=User.objects.get(username="bob"))
    viewer = Viewer.of(alice)

    for rows, shape in (
        (User.objects.as_people(), PersonOut),
        (Message.objects.in_full(), MessageOut),
        (Notification.objects.in_full(), NotificationOut),
    ):
        shown = {item["id"]: item for item in show(rows, shape, viewer)}
        for row in rows:
            assert drop_links(show_instance(row, shape, viewer)) == drop_links(shown[row.pk])


def drop_links(item):
    """They are signed anew each time."""
    return {name: value for name, value in item.items() if name != "attachments"}


def test_a_shape_may_not_show_a_column_twice():
    class TwiceOut(Out):
        id: int
        number: Annotated[int, Column("id")]

    with pytest.raises(TypeError, match="TwiceOut shows a column twice"):
        layout_of(TwiceOut)


def test_annotations_are_not_read_through_a_path():
    class AroundOut(Out):
        event: EventOut

    with pytest.raises(TypeError, match="EventOut has annotations"):
        layout_of(AroundOut)


def test_only_its_own_columns_are_read(django_assert_num_queries):
    EventFactory()

    statement = str(layout_of(PersonOut).select(User.objects.all(), NOBODY).query)

    assert "password" not in statement
    assert "email" not in statement
