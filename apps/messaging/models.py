import uuid
from datetime import datetime, timedelta
from typing import Any, Self

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce, JSONObject
from django.utils import timezone

from apps.accounts.models import User, UserQuerySet, has_permission, is_there, is_there_or_erased, not_blocked
from apps.core.http.links import API
from apps.core.http.pages import LogQuery, near
from apps.core.media.kinds import ATTACHMENTS
from apps.core.operations.storage import private_storage
from apps.core.reading.aggregates import JSONList
from apps.core.reading.compiled import compiled
from apps.core.reading.viewer import Viewer

EDITABLE = timedelta(minutes=15)
"""How long its sender may change a message."""


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """The two it joins, while both are there, or one was erased, and neither has blocked the other."""
        mine = self.filter(Q(first=viewer.id) | Q(second=viewer.id))
        there = mine.filter(is_there_or_erased("first"), is_there_or_erased("second"))
        return there.filter(not_blocked(viewer.id, "first"), not_blocked(viewer.id, "second"))

    def pair(self, one: User, other: User) -> Self:
        """The unnamed one of these two."""
        low, high = sorted([one.pk, other.pk])
        return self.filter(first=low, second=high, name=None)

    def between(self, one: Any, other: Any) -> Self:
        """All of these two, named ones too; both may be ids or expressions."""
        return self.filter(Q(first=one, second=other) | Q(first=other, second=one))

    def with_people(self) -> Self:
        return self.select_related("first__user_type", "first__profile", "second__user_type", "second__profile")


class Conversation(models.Model):
    """What two people write to each other: one without a name for each pair, and any number of rooms."""

    name = models.CharField(max_length=50, null=True, unique=True)  # noqa: DJ001  # several have none
    first = models.ForeignKey(
        User, db_index=False, on_delete=models.CASCADE, related_name="+", help_text="Who has the lower id."
    )
    second = models.ForeignKey(User, db_index=False, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now, help_text="When the newest message was sent.")

    objects = ConversationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["first", "second"], condition=Q(name=None), name="one_unnamed_conversation_per_pair"
            ),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="two_people_in_the_order_of_their_ids"),
        ]
        indexes = [
            models.Index(fields=["first", "-updated_at", "-id"], name="conversations_of_first"),
            models.Index(fields=["second", "-updated_at", "-id"], name="conversations_of_second"),
        ]

    def __str__(self) -> str:
        return self.name or f"{self.first} and {self.second}"

    @property
    def participants(self) -> list[User]:
        return [self.first, self.second]

    def other_than(self, person_id: int) -> User:
        return self.second if self.first_id == person_id else self.first

    def other_id(self, person_id: int) -> int:
        return self.second_id if self.first_id == person_id else self.first_id

    def path_for(self, reader: User) -> str:
        """Where `reader` finds its messages."""
        if self.name:
            return f"{API}/chat/conversations/{self.name}/messages"
        return f"{API}/chat?user_id={self.other_id(reader.pk)}"


@compiled()
def unnamed_conversation(first_id: int, second_id: int) -> ConversationQuerySet:
    return Conversation.objects.filter(first=first_id, second=second_id, name=None)


@compiled()
def conversation_list(viewer: Viewer) -> ConversationQuerySet:
    """The newest first."""
    return Conversation.objects.visible_to(viewer).order_by("-updated_at", "-pk")


def newest_message(column: str) -> Subquery:
    """This column of the newest message of the conversation of the outer query."""
    newest = Message.objects.kept().filter(conversation=OuterRef("pk")).order_by("-pk")
    return Subquery(newest.values(column)[:1])


def unread_count(viewer: Viewer) -> Coalesce:
    """How many messages of the conversation of the outer query wait for the viewer."""
    waiting = Message.objects.unread_by(viewer.id).filter(conversation=OuterRef("pk")).order_by()
    return Coalesce(Subquery(waiting.values("conversation").annotate(count=Count("*")).values("count")), 0)


@compiled()
def addressee(sender_id: int, receiver_id: int) -> UserQuerySet:
    """Somebody who is there for `sender`; whether they are welcome to write is another question."""
    return User.objects.blockable_by(sender_id).as_people().filter(pk=receiver_id)


@compiled()
def correspondent(viewer: Viewer, person_id: int) -> UserQuerySet:
    """With whom `viewer` may have something to read: who is there for them, or was erased, where there is something."""
    left = Q(erased_at__isnull=False) & Exists(Conversation.objects.between(viewer.id, OuterRef("pk")))
    return User.objects.filter(is_there() | left, not_blocked(viewer.id, "pk"), pk=person_id)


class MessageQuerySet(models.QuerySet["Message"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """Whoever sent or received it, while both are there, or one was erased, and neither has blocked the other."""
        return self.between_people_of(viewer).filter(Q(sender=viewer.id) | Q(receiver=viewer.id))

    def kept(self) -> Self:
        """Those that no moderator took down."""
        return self.filter(removed_at=None)

    def of(self, user_id: int) -> Self:
        """What they sent or received."""
        return self.kept().filter(Q(sender=user_id) | Q(receiver=user_id))

    def removed(self) -> Self:
        return self.exclude(removed_at=None)

    def removed_before(self, moment: datetime) -> Self:
        return self.filter(removed_at__lt=moment)

    def between_people_of(self, viewer: Viewer) -> Self:
        there = self.kept().filter(is_there_or_erased("sender"), is_there_or_erased("receiver"))
        return there.filter(not_blocked(viewer.id, "sender"), not_blocked(viewer.id, "receiver"))

    def near(self, viewer: Viewer, query: LogQuery) -> Self:
        """Those that `query` may show of all that `viewer` sent or received; each half is read from its own index."""
        shown = self.between_people_of(viewer)
        sent, received = (
            near(shown.filter(**{side: viewer.id}), query.before, query.after)[: query.limit + 1]
            for side in ("sender", "receiver")
        )
        halves = (Message.objects.filter(pk__in=half.values("pk")).values("pk") for half in (sent, received))
        return self.filter(pk__in=next(halves).union(next(halves), all=True))

    def unread_by(self, reader_id: int | None) -> Self:
        return self.kept().filter(receiver=reader_id, read_at=None)

    def in_full(self) -> Self:
        """With all that `MessageOut` shows."""
        rows = self.select_related("sender__user_type", "sender__profile", "receiver__user_type", "receiver__profile")
        return rows.annotate(listed=attachment_list())


class Message(models.Model):
    conversation = models.ForeignKey(Conversation, db_index=False, on_delete=models.CASCADE, related_name="messages")
    sender = models.ForeignKey(User, db_index=False, on_delete=models.CASCADE, related_name="messages_sent")
    receiver = models.ForeignKey(User, db_index=False, on_delete=models.CASCADE, related_name="messages_received")
    content = models.TextField(max_length=5000, blank=True)
    collaboration_id = models.PositiveBigIntegerField(null=True, help_text="What the message is about, if anything.")
    timestamp = models.DateTimeField(default=timezone.now)
    read_at = models.DateTimeField(null=True)
    edited_at = models.DateTimeField(null=True)
    removed_at = models.DateTimeField(null=True, editable=False, help_text="When a moderator took it down.")

    listed: list[dict[str, Any]] | None
    """Its attachments, as `attachment_list` reads them, where somebody brought them along."""

    objects = MessageQuerySet.as_manager()

    class Meta:
        permissions = [("moderate_message", "Can read and take down anybody's messages")]
        constraints = [models.CheckConstraint(condition=~Q(sender=F("receiver")), name="nobody_writes_to_themselves")]
        indexes = [
            models.Index(fields=["conversation", "-id"], name="messages_of_conversation"),
            models.Index(fields=["sender", "-id"], name="messages_sent"),
            models.Index(fields=["receiver", "-id"], name="messages_received"),
            models.Index(fields=["receiver", "conversation"], condition=Q(read_at=None), name="messages_unread"),
            models.Index(fields=["removed_at"], condition=Q(removed_at__isnull=False), name="messages_removed"),
            BrinIndex(fields=["timestamp"], name="messages_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.sender} to {self.receiver}, {self.timestamp:%Y-%m-%d %H:%M}"

    @property
    def is_read(self) -> bool:
        return self.read_at is not None

    @property
    def is_editable(self) -> bool:
        return self.timestamp + EDITABLE > timezone.now()


def attachment_list() -> Subquery:
    """The attachments of the message of the outer query."""
    files = Attachment.objects.filter(message=OuterRef("pk")).order_by().values("message")
    listed = files.annotate(list=JSONList(JSONObject(**{name: name for name in Attachment.LISTED})))
    return Subquery(listed.values("list"))


@compiled()
def pair_log(low: int, high: int, before: int | None, after: int | None) -> MessageQuerySet:
    """The messages of the unnamed conversation of these two, `low` having the lower id."""
    conversation = Conversation.objects.filter(first=low, second=high, name=None).values("pk")
    # As one value, so that the newest are read from the index rather than sorted out of all.
    return near(Message.objects.kept().filter(conversation=Subquery(conversation[:1])), before, after)


@compiled()
def room_log(room_id: int, before: int | None, after: int | None) -> MessageQuerySet:
    return near(Message.objects.kept().filter(conversation=room_id), before, after)


def attachment_name(attachment: "Attachment", filename: str) -> str:
    return f"attachments/{uuid.uuid4().hex}{ATTACHMENTS[attachment.content_type]}"


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """With their message; moderators see all but what was taken down."""
        mine = Message.objects.visible_to(viewer)
        shown = has_permission(viewer, "messaging.moderate_message") | Q(message__in=mine)
        return self.filter(shown, message__removed_at=None)

    def sent_by(self, user_id: int) -> Self:
        return self.filter(message__sender=user_id, message__removed_at=None)

    def with_file(self) -> Self:
        return self.exclude(file="")


class Attachment(models.Model):
    """A file, or a link that is never followed."""

    LISTED = ("id", "name", "content_type", "size", "link")

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="files")
    file = models.FileField(storage=private_storage, upload_to=attachment_name, blank=True)
    link = models.URLField(max_length=2000, blank=True)
    name = models.CharField(max_length=110, blank=True)
    content_type = models.CharField(max_length=100, blank=True)
    size = models.PositiveIntegerField(null=True, help_text="Bytes.")

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(file="") ^ Q(link=""), name="either_a_file_or_a_link"),
        ]

    def __str__(self) -> str:
        return self.link or self.name


def last_activity(conversation: Conversation) -> datetime:
    """When its newest message was sent, or it was opened."""
    messages = Message.objects.kept().filter(conversation=conversation).order_by("-pk")
    return messages.values_list("timestamp", flat=True).first() or conversation.created_at
