from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Self

from django.core.files.uploadedfile import UploadedFile
from pydantic import (
    AfterValidator,
    AliasChoices,
    Field,
    PlainValidator,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from apps.accounts.schemas import check_url
from apps.core.http.errors import Invalid
from apps.core.http.pages import LogQuery
from apps.core.http.schemas import Id, In, OrNone, Out, PersonOut
from apps.core.media.kinds import ATTACHMENTS
from apps.core.media.uploads import MEGABYTE, FileRules, Upload
from apps.core.reading.people import SHOWN, Item, person_item, person_item_or_none
from apps.live.schemas import StreamEvent
from apps.messaging.errors import WrongParticipants
from apps.messaging.models import attachments_of

MAX_LINK = 2000
EMPTY = "Write something, or attach a file."
ATTACHMENT = FileRules(ATTACHMENTS, max_bytes=20 * MEGABYTE)


def as_attachment(value: object) -> Upload | str:
    if isinstance(value, UploadedFile):
        return value
    if not isinstance(value, str) or len(value) > MAX_LINK:
        raise ValueError("Enter a valid URL.")
    return check_url(value.strip())


URI, BINARY = {"type": "string", "format": "uri", "maxLength": MAX_LINK}, {"type": "string", "format": "binary"}
FileOrLink = Annotated[Upload | str, PlainValidator(as_attachment), WithJsonSchema({"anyOf": [URI, BINARY]})]
Text = Annotated[str, StringConstraints(max_length=5000)]
RoomName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{3,50}$")]


RECEIVER: Any = Field(validation_alias=AliasChoices("receiver_id", "receiver", "recipient_id"))


class ChatQuery(LogQuery):
    user_id: Id | None = None


class LetterIn(In):
    """What is written into a conversation: JSON with links, or a form with files."""

    content: Text = ""
    attachments: Annotated[list[FileOrLink], Field(max_length=5), ATTACHMENT] = []
    collaboration_id: Id | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.content and not self.attachments:
            raise Invalid({"content": [EMPTY]})
        return self


class MessageIn(LetterIn):
    receiver_id: Id = RECEIVER


class EditIn(In):
    content: Text


class AttachmentOut(Out):
    """A file, or a link, which has only its `url`."""

    id: int
    url: str
    name: Annotated[str | None, OrNone]
    content_type: Annotated[str | None, OrNone]
    size: int | None


class MessageOut(Out):
    id: int
    conversation: int = Field(validation_alias="conversation_id")
    sender: PersonOut
    receiver: PersonOut
    content: str
    attachments: list[AttachmentOut]
    is_read: bool
    read_at: datetime | None
    edited_at: datetime | None
    collaboration_id: int | None
    timestamp: datetime


def message_item(row: Sequence[Any], reader_id: int) -> Item:
    """MessageOut, of the columns that `pair_log` reads."""
    id, conversation, content, listed, read_at, edited_at, collaboration_id, timestamp, *people = row
    return {
        "id": id,
        "conversation": conversation,
        "sender": person_item(people[: len(SHOWN)]),
        "receiver": person_item_or_none(people[len(SHOWN) :]),
        "content": content,
        "attachments": list(map(attachment_item, attachments_of(listed, reader_id))),
        "is_read": read_at is not None,
        "read_at": read_at,
        "edited_at": edited_at,
        "collaboration_id": collaboration_id,
        "timestamp": timestamp,
    }


def attachment_item(attachment: Item) -> Item:
    shown = {name: attachment[name] or None for name in ("name", "content_type", "size")}
    return {"id": attachment["id"], "url": attachment["url"], **shown}


def two(participants: list[int | str]) -> list[int | str]:
    if len(participants) != 2:
        raise ValueError(WrongParticipants.detail)
    return participants


def as_participant(value: object) -> int | str:
    if isinstance(value, str):
        return value.strip()
    if type(value) is not int or not 0 < value < 2**63:
        raise ValueError("Enter an id, a username or an email address.")
    return value


NAMES = {"anyOf": [{"type": "string"}, {"type": "integer"}]}
Participant = Annotated[int | str, PlainValidator(as_participant), WithJsonSchema(NAMES)]


class RoomIn(In):
    """`participants`: numbers are ids, texts are usernames or e-mail addresses."""

    name: RoomName
    participants: Annotated[list[Participant], AfterValidator(two)]


class RoomOut(Out):
    id: int
    name: str
    participants: list[PersonOut]
    created_at: datetime
    updated_at: datetime


class ConversationOut(Out):
    id: int
    name: str | None
    other_user: PersonOut
    last_message: str | None
    unread_count: int
    last_message_at: datetime | None


class ReadIn(In):
    """Which conversation: that with `user_id`, or the room called `name`."""

    user_id: Id | None = None
    name: RoomName | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.user_id is None) == (self.name is None):
            raise ValueError("Send either user_id or name.")
        return self


class ReadOut(Out):
    updated: int


class TypingIn(In):
    receiver_id: Id = RECEIVER


class DeletedOut(Out):
    id: int
    conversation: int


class ReadByOut(Out):
    """The other person has read everything in this conversation that came before."""

    conversation: int
    user_id: int
    read_at: datetime


class TypingOut(Out):
    user: PersonOut


class MessageEvent(StreamEvent):
    name = "message"

    data: MessageOut


class MessageUpdatedEvent(StreamEvent):
    name = "message_updated"

    data: MessageOut


class MessageDeletedEvent(StreamEvent):
    name = "message_deleted"

    data: DeletedOut


class ReadEvent(StreamEvent):
    name = "read"

    data: ReadByOut


class TypingEvent(StreamEvent):
    """Stands in no log."""

    name = "typing"

    data: TypingOut
