from datetime import datetime
from typing import Annotated, Literal

from pydantic import AliasChoices, Field, StringConstraints

from apps.accounts.schemas import ProfileFields
from apps.core.http.links import FileUrl, file_url, public_url
from apps.core.http.pages import PageQuery
from apps.core.http.payload import File
from apps.core.http.schemas import AnyCase, Digits, Id, In, Line, LongText, Out, PersonOut
from apps.core.media.errors import UnsupportedFile
from apps.core.media.kinds import STORY_MEDIA
from apps.core.media.uploads import MEGABYTE, FileRules
from apps.core.reading.shapes import Annotation, Column, Computed, ForViewer, Item
from apps.core.reading.viewer import Viewer
from apps.social.models import Connection, Direction, Story
from apps.social.models.connections import avatar_of, connection_state, mutual_count, role_of
from apps.social.models.stories import is_seen, views_count

STORY_FILE = FileRules(STORY_MEDIA, max_bytes=50 * MEGABYTE, picture_bytes=10 * MEGABYTE, refusal=UnsupportedFile)


class ConnectionQuery(PageQuery):
    status: Annotated[Connection.Status, AnyCase] | None = None
    direction: Annotated[Direction, AnyCase] | None = None


def looked_up(side: str) -> Computed:
    """The person on this side, for the rows of a page only: who knows thousands would be joined with all of them."""
    role, avatar = Annotation(role_of(side)), Annotation(avatar_of(side))
    return Computed(person_item, f"{side}__id", f"{side}__username", role, f"{side}__is_verified", avatar)


def person_item(id: int, username: str, role: str, is_verified: bool, avatar: str) -> Item:
    """As `PersonOut` shows them."""
    shown = {"id": id, "username": username, "role": role, "is_verified": is_verified}
    return {**shown, "avatar": public_url(avatar)}


class ConnectionOut(Out):
    id: int
    sender: Annotated[PersonOut, looked_up("sender")]
    receiver: Annotated[PersonOut, looked_up("receiver")]
    status: Connection.Status
    created_at: datetime
    updated_at: datetime


class RequestIn(In):
    receiver_id: Id = Field(validation_alias=AliasChoices("receiver_id", "receiver"))


class RequestOut(Out):
    id: int
    status: Connection.Status
    sender: PersonOut
    receiver: PersonOut


class ActionIn(In):
    status: Annotated[Literal[Connection.Status.ACCEPTED, Connection.Status.REJECTED], AnyCase]


class ActionOut(Out):
    status: Connection.Status


def story_url(viewer: Viewer, story_id: int) -> FileUrl:
    return file_url("story", story_id, viewer.id)


class StoryOut(Out):
    id: int
    user: Annotated[str, Column("user__username")]
    caption: str
    content_url: Annotated[FileUrl, ForViewer(story_url, "id")]
    media_type: Story.MediaType
    created_at: datetime
    expires_at: datetime


class FeedStoryOut(StoryOut):
    seen: Annotated[bool, Annotation(is_seen)]


class OwnStoryOut(StoryOut):
    views_count: Annotated[int, Annotation(views_count())]


class StoryIn(In):
    content_file: Annotated[File, STORY_FILE]
    caption: Annotated[LongText, StringConstraints(max_length=500)] = ""


class ViewerOut(PersonOut):
    through = "viewer"

    viewed_at: Annotated[datetime, Column("created_at")]


class BlockIn(In):
    user_id: Id


class BlockOut(Out):
    id: int
    user: Annotated[PersonOut, Column("blocked")]
    created_at: datetime


class PublicProfileOut(ProfileFields):
    connection: Annotated[Literal["pending_sent", "pending_received", "accepted"] | None, Annotation(connection_state)]
    mutual_connections_count: Annotated[int, Annotation(mutual_count)]


class PeopleQuery(PageQuery):
    search: Line | None = Field(None, max_length=100)
    role: Annotated[Line, AnyCase] | None = None
    verified: bool | None = None
    category: Annotated[Line, AnyCase] | None = None
    country: Line | None = None
    platform: Annotated[Line, AnyCase] | None = None
    min_followers: Annotated[int, Field(ge=0, le=2**53), Digits] | None = None


class PersonFoundOut(ProfileFields):
    """A person in the search results: all but what only concerns the one who asks."""
