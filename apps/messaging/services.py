"""Writing to each other."""

from collections.abc import Collection
from contextlib import ExitStack
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.addresses import address_key
from apps.accounts.models import User, UserQuerySet, block_made
from apps.accounts.services.documents import refuse_unverified
from apps.core import audit
from apps.core.audit import Look, name_of
from apps.core.http.errors import Invalid, NotFound, PermissionDenied
from apps.core.http.idempotency import change_answers
from apps.core.http.links import dump_stored
from apps.core.media.kinds import ATTACHMENTS
from apps.core.media.names import shown_name
from apps.core.media.storing import discarded_on_failure
from apps.core.media.uploads import Upload, accept
from apps.core.reading.shapes import show_instance
from apps.core.reading.viewer import Viewer
from apps.core.site_settings import site_settings
from apps.live import services as live
from apps.live.schemas import StreamEvent
from apps.messaging.errors import (
    BlockedByYou,
    ConnectionRequired,
    EditWindowOver,
    OwnReceiver,
    ReceiverNotFound,
    RoomNameTaken,
    WrongParticipants,
)
from apps.messaging.models import Attachment, Conversation, Message, addressee, last_activity, unnamed_conversation
from apps.messaging.schemas import (
    ATTACHMENT,
    EMPTY,
    DeletedOut,
    MessageContentIn,
    MessageDeletedEvent,
    MessageEvent,
    MessageOut,
    MessageUpdatedEvent,
    ReadByOut,
    ReadEvent,
    TypingEvent,
    TypingOut,
)
from apps.notifications.schemas import Redirect
from apps.notifications.services import mark_read, notify_or_update, retract
from apps.social.models import Connection, connected_ids

TOLD = "message_received"


def write_to(*, sender: User, receiver_id: int, message_in: MessageContentIn) -> Message:
    """Into the unnamed conversation of the two, which begins with the first message."""
    receiver = receiver_of(sender, receiver_id)
    return write(sender=sender, receiver=receiver, conversation=None, message_in=message_in)


def write_into(*, conversation: Conversation, sender: User, message_in: MessageContentIn) -> Message:
    """Into a room; `conversation` comes from `visible_to(sender)`, with its people."""
    receiver = conversation.other_than(sender.pk)
    if receiver.is_away:  # erased
        raise ReceiverNotFound
    refuse_unwelcome(sender, receiver)
    return write(sender=sender, receiver=receiver, conversation=conversation, message_in=message_in)


def receiver_of(sender: User, receiver_id: int) -> User:
    if sender.pk == receiver_id:
        raise OwnReceiver
    receiver = addressee(sender.pk, receiver_id).first()
    if receiver is None:
        raise ReceiverNotFound
    refuse_unwelcome(sender, receiver)
    return receiver


def type_to(*, sender: User, receiver_id: int) -> None:
    """Tell those of the receiver's clients that listen just now."""
    receiver = receiver_of(sender, receiver_id)
    live.publish_transient(receiver.pk, TypingEvent(data=TypingOut.model_validate({"user": sender})))


def refuse_unwelcome(sender: User, receiver: User) -> None:
    refuse_unverified(sender)
    if block_made(sender.pk, receiver.pk).first():
        raise BlockedByYou
    connections = Connection.objects.accepted().between(sender, receiver)
    if site_settings().chat_requires_connection and not connections.exists():
        raise ConnectionRequired


def write(*, sender: User, receiver: User, conversation: Conversation | None, message_in: MessageContentIn) -> Message:
    """Without a `conversation`, into the unnamed one."""
    message = Message(
        conversation=conversation,
        sender=sender,
        receiver=receiver,
        content=message_in.content,
        collaboration_id=message_in.collaboration_id,
    )
    with ExitStack() as stored:
        attachments = [store(item, sender, stored) for item in message_in.attachments]
        send(message, attachments)
    return message


def store(item: Upload | str, sender: User, stored: ExitStack) -> Attachment:
    """Not saved yet, but its file is stored; `stored` removes it again if anything goes wrong from now on."""
    if isinstance(item, str):
        return Attachment(link=item)
    kind = accept(item, ATTACHMENT, by=sender, field="attachments").kind
    attachment = Attachment(name=shown_name(item.name, ATTACHMENTS[kind]), content_type=kind, size=item.size)
    attachment.file.save("attachment", item, save=False)
    stored.enter_context(discarded_on_failure(attachment.file))
    return attachment


@transaction.atomic
def send(message: Message, attachments: list[Attachment]) -> None:
    """Messages of a conversation, and reading them, happen one after the other: this locks its row."""
    message.timestamp = timezone.now()
    if message.conversation_id is None:  # not before the files are known to be good
        message.conversation = get_or_create_unnamed(message.sender, message.receiver)
    if not Conversation.objects.filter(pk=message.conversation_id).update(updated_at=message.timestamp):
        raise NotFound
    message.save(force_insert=True)
    for attachment in attachments:
        attachment.message = message
        attachment.save()
    message.listed = [{name: getattr(row, name) for name in Attachment.LISTED} for row in attachments]
    publish(message, MessageEvent(data=as_told(message)))
    sender, receiver, conversation = message.sender, message.receiver, message.conversation
    notify_or_update(
        receiver=receiver,
        code=TOLD,
        actor=sender,
        redirect=Redirect(kind="message", id=conversation.pk, url=conversation.path_for(receiver)),
        role=sender.user_type.name,
        sender=sender.display_name,
    )


def as_told(message: Message) -> MessageOut:
    """As the live log tells of it, which signs links for each reader."""
    return MessageOut.model_validate(show_instance(message, MessageOut, Viewer.of(message.sender)))


def publish(message: Message, event: StreamEvent) -> None:
    """To the clients of both."""
    live.publish([message.sender_id, message.receiver_id], event, actor=message.sender, about=name_of(message))


def get_or_create_unnamed(one: User, other: User) -> Conversation:
    first, second = sorted([one, other], key=lambda person: person.pk)
    if found := unnamed_conversation(first.pk, second.pk).first():
        return found
    return Conversation.objects.get_or_create(first=first, second=second, name=None)[0]


def open_room(*, by: User, name: str, participants: list[int | str]) -> Conversation:
    """A conversation with a name of its own, between oneself and one other."""
    others = [name for name in participants if not is_called(by, name)]
    if not others:
        raise WrongParticipants
    if len(others) == len(participants):
        raise WrongParticipants("You must be one of the participants.")
    other = called(others[0], by).first()
    if other is None:
        raise WrongParticipants(ReceiverNotFound.detail)
    refuse_unwelcome(by, other)
    first, second = sorted([by, other], key=lambda person: person.pk)
    try:
        with transaction.atomic():
            return Conversation.objects.create(name=name, first=first, second=second)
    except IntegrityError as error:
        raise RoomNameTaken from error


def is_called(person: User, name: int | str) -> bool:
    if isinstance(name, str):
        return address_key(name) in (person.username.lower(), address_key(person.email))
    return name == person.pk


def called(name: int | str, by: User) -> UserQuerySet:
    """Whoever has this id or username; an e-mail address finds connections of `by` only, or it could be guessed at."""
    people = User.objects.blockable_by(by.pk).as_people()
    if not isinstance(name, str):
        return people.filter(pk=name)
    known = people.filter(pk__in=connected_ids(by.pk)) if "@" in name else people
    return known.with_login(name)


@transaction.atomic
def read(*, conversation: Conversation, by: User) -> int:
    """All that is there has been read; how many were new."""
    list(Conversation.objects.select_for_update(no_key=True).filter(pk=conversation.pk).values_list("pk"))
    now = timezone.now()
    updated: int = conversation.messages.unread_by(by.pk).update(read_at=now)
    mark_read(receiver=by.pk, code=TOLD, redirect_id=conversation.pk)
    if updated:
        news = ReadByOut(conversation=conversation.pk, user_id=by.pk, read_at=now)
        live.publish([conversation.other_id(by.pk)], ReadEvent(data=news), actor=by)
    return updated


@transaction.atomic
def edit_message(*, message: Message, by: User, content: str) -> None:
    """`message` comes from `in_full`."""
    if message.sender_id != by.pk:
        raise PermissionDenied
    if not message.is_editable:
        raise EditWindowOver
    if not content and not message.files.exists():
        raise Invalid({"content": [EMPTY]})
    message.content, message.edited_at = content, timezone.now()
    if not Message.objects.filter(pk=message.pk).update(content=content, edited_at=message.edited_at):
        raise NotFound
    item = as_told(message)
    live.replace(name_of(message), item)
    change_answers(message, dump_stored(item))
    publish(message, MessageUpdatedEvent(data=item))


@transaction.atomic
def delete_message(*, message: Message, by: User) -> None:
    """By its sender for good, with the files, after the commit; a moderator takes it down."""
    if message.sender_id != by.pk:
        take_down_message(message=message, by=by)
        return
    conversation = locked(message)
    if not conversation.messages.filter(pk=message.pk).delete()[0]:
        raise NotFound
    tell_gone(message, conversation)


@transaction.atomic
def take_down_message(*, message: Message, by: User) -> None:
    """Hidden from both; after a while it is deleted, unless it is restored."""
    if not by.has_perm("messaging.moderate_message"):
        raise PermissionDenied
    conversation = locked(message)
    if not Message.objects.kept().filter(pk=message.pk).update(removed_at=timezone.now()):
        raise NotFound
    tell_gone(message, conversation)
    audit.record(actor=by, action="message.taken_down", target=message)


@transaction.atomic
def restore_message(*, message: Message, by: User) -> None:
    """Where it was; the clients of both are told of it once more."""
    if not by.has_perm("messaging.moderate_message"):
        raise PermissionDenied
    conversation = locked(message)
    if not Message.objects.removed().filter(pk=message.pk).update(removed_at=None):
        raise NotFound
    Conversation.objects.filter(pk=conversation.pk).update(updated_at=last_activity(conversation))
    row = Message.objects.in_full().get(pk=message.pk)
    item = as_told(row)
    change_answers(row, dump_stored(item))
    publish(row, MessageEvent(data=item))
    audit.record(actor=by, action="message.restored", target=row)


def delete_removed(before: datetime, but: Collection[int]) -> None:
    """What was taken down before then and has not come back, with its files."""
    for message_id in list(Message.objects.removed_before(before).exclude(pk__in=but).values_list("pk", flat=True)):
        with transaction.atomic():
            Message.objects.removed_before(before).filter(pk=message_id).delete()


def locked(message: Message) -> Conversation:
    """Its conversation: what happens in it happens one after the other."""
    return Conversation.objects.select_for_update(no_key=True).get(pk=message.conversation_id)


def tell_gone(message: Message, conversation: Conversation) -> None:
    Conversation.objects.filter(pk=conversation.pk).update(updated_at=last_activity(conversation))
    live.take_back(name_of(message))
    change_answers(message, {"content": "", "attachments": []})
    publish(message, MessageDeletedEvent(data=DeletedOut(id=message.pk, conversation=conversation.pk)))
    if not conversation.messages.unread_by(message.receiver_id).exists():
        retract(receiver=message.receiver_id, code=TOLD, redirect_id=conversation.pk)


def open_message(*, message: Message, by: User) -> None:
    """Staff read what was not written to them; the trail says so."""
    if look := look_at(message=message, by=by):
        audit.record_look(look)


def look_at(*, message: Message, by: User) -> Look | None:
    """None for the two; anybody else who sees a message, or one of its files, is staff."""
    return None if by.pk in (message.sender_id, message.receiver_id) else Look(by, "message.viewed", message)
