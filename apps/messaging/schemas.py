from datetime import datetime
from operator import itemgetter
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

from apps.accounts.addresses import MAX_ADDRESS
from apps.accounts.schemas import check_url
from apps.core.http.errors import Invalid
from apps.core.http.links import FileUrl, file_url
from apps.core.http.pages import LogQuery
from apps.core.http.schemas import Id, In, LongText, Out, PersonOut
from apps.core.media.kinds import ATTACHMENTS
from apps.core.media.uploads import MEGABYTE, FileRules, Upload
from apps.core.reading.shapes import Annotation, Column, Computed, ForViewer, Item, layout_of
from apps.core.reading.viewer import Viewer
from apps.core.text import one_line
from apps.live.schemas import StreamEvent
from apps.messaging.errors import WrongParticipants
from apps.messaging.models import attachment_list, newest_message, unread_count

MAX_LINK = 2000
EMPTY = "Write something, or attach a file."
ATTACHMENT = FileRules(ATTACHMENTS, max_bytes=20 * MEGABYTE)


def as_attachment(value: object) -> Upload | str:
    if isinstance(value, UploadedFile):
        return value
    if not isinstance(value, str) or len(value) > MAX_LINK:
        raise ValueError("Enter a valid URL.")
    return check_url(one_line(value.strip()))


URI, BINARY = {"type": "string", "format": "uri", "maxLength": MAX_LINK}, {"type": "string", "format": "binary"}
FileOrLink = Annotated[Upload | str, PlainValidator(as_attachment), WithJsonSchema({"anyOf": [URI, BINARY]})]
Text = Annotated[LongText, StringConstraints(max_length=5000)]
RoomName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{3,50}$")]


RECEIVER: Any = Field(validation_alias=AliasChoices("receiver_id", "receiver", "recipient_id"))


class ChatQuery(LogQuery):
    user_id: Id | None = None


class MessageContentIn(In):
    """What is written into a conversation: JSON with links, or a form with files."""

    content: Text = ""
    attachments: Annotated[list[FileOrLink], Field(max_length=5), ATTACHMENT] = []
    collaboration_id: Id | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.content and not self.attachments:
            raise Invalid({"content": [EMPTY]})
        return self


class MessageIn(MessageContentIn):
    receiver_id: Id = RECEIVER


class EditIn(In):
    content: Text


class AttachmentOut(Out):
    """A file, or a link, which has only its `url`."""

    id: int
    url: FileUrl
    name: str | None
    content_type: str | None
    size: int | None


def attachment_items(viewer: Viewer, listed: list[Item] | None) -> list[Item]:
    """Of what `attachment_list` reads; files with a link for the viewer."""
    return [attachment_item(viewer, row) for row in sorted(listed or [], key=itemgetter("id"))]


def attachment_item(viewer: Viewer, row: Item) -> Item:
    url = row["link"] or file_url("attachment", row["id"], viewer.id)
    shown = {name: row[name] or None for name in ("name", "content_type", "size")}
    return {"id": row["id"], "url": url, **shown}


def is_set(value: object) -> bool:
    return value is not None


class MessageOut(Out):
    id: int
    conversation: Annotated[int, Column("conversation_id")]
    sender: PersonOut
    receiver: PersonOut
    content: str
    attachments: Annotated[list[AttachmentOut], ForViewer(attachment_items, Annotation(attachment_list(), "listed"))]
    is_read: Annotated[bool, Computed(is_set, "read_at")]
    read_at: datetime | None
    edited_at: datetime | None
    collaboration_id: int | None
    timestamp: datetime


def two(participants: list[int | str]) -> list[int | str]:
    if len(participants) != 2:
        raise ValueError(WrongParticipants.detail)
    return participants


def as_participant(value: object) -> int | str:
    if isinstance(value, str) and len(value) <= MAX_ADDRESS:
        return one_line(value.strip())
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


PERSON = layout_of(PersonOut)
PARTICIPANTS = [f"{side}__{column}" for side in ("first", "second") for column in PERSON.columns]


def other_person(viewer: Viewer, *participants: Any) -> Item:
    first, second = participants[: len(PERSON.columns)], participants[len(PERSON.columns) :]
    return PERSON.item(second if first[0] == viewer.id else first, viewer)


class ConversationOut(Out):
    id: int
    name: str | None
    other_user: Annotated[PersonOut, ForViewer(other_person, *PARTICIPANTS)]
    last_message: Annotated[str | None, Annotation(newest_message("content"))]
    unread_count: Annotated[int, Annotation(unread_count)]
    last_message_at: Annotated[datetime | None, Annotation(newest_message("timestamp"))]


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
