from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, AliasPath, Field, StringConstraints

from apps.accounts.schemas import ProfileFields
from apps.core.http.links import file_url
from apps.core.http.pages import PageQuery
from apps.core.http.payload import File
from apps.core.http.schemas import AnyCase, Id, In, Out, PersonOut
from apps.core.media.errors import UnsupportedFile
from apps.core.media.kinds import STORY_MEDIA
from apps.core.media.uploads import MEGABYTE, FileRules
from apps.core.reading.people import SHOWN, Item, person_item
from apps.social.models import Connection, Direction, Story

STORY_FILE = FileRules(STORY_MEDIA, max_bytes=50 * MEGABYTE, picture_bytes=10 * MEGABYTE, refusal=UnsupportedFile)


class ConnectionQuery(PageQuery):
    status: Annotated[Connection.Status, AnyCase] | None = None
    direction: Annotated[Direction, AnyCase] | None = None


class ConnectionOut(Out):
    id: int
    sender: PersonOut
    receiver: PersonOut
    status: Connection.Status
    created_at: datetime
    updated_at: datetime


def connection_item(row: Sequence[Any]) -> Item:
    """ConnectionOut, of the columns that `connection_list` reads."""
    id, status, created_at, updated_at, *people = row
    return {
        "id": id,
        "sender": person_item(people[: len(SHOWN)]),
        "receiver": person_item(people[len(SHOWN) :]),
        "status": status,
        "created_at": created_at,
        "updated_at": updated_at,
    }


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


class StoryOut(Out):
    id: int
    user: str = Field(validation_alias=AliasPath("user", "username"))
    caption: str
    content_url: str
    media_type: Story.MediaType
    created_at: datetime
    expires_at: datetime


class FeedStoryOut(StoryOut):
    seen: bool


def story_item(row: Sequence[Any], reader_id: int) -> Item:
    """FeedStoryOut, of the columns that `story_feed` reads."""
    id, user, caption, media_type, created_at, expires_at, seen = row
    return {
        "id": id,
        "user": user,
        "caption": caption,
        "content_url": file_url("story", id, reader_id),
        "media_type": media_type,
        "created_at": created_at,
        "expires_at": expires_at,
        "seen": seen,
    }


class OwnStoryOut(StoryOut):
    views_count: int


class StoryIn(In):
    content_file: Annotated[File, STORY_FILE]
    caption: Annotated[str, StringConstraints(max_length=500)] = ""


class ViewerOut(PersonOut):
    viewed_at: datetime


def viewer_item(row: Sequence[Any]) -> Item:
    """ViewerOut, of the columns that `viewer_list` reads."""
    *person, viewed_at = row
    return {**person_item(person), "viewed_at": viewed_at}


class BlockIn(In):
    user_id: Id


class BlockOut(Out):
    id: int
    user: PersonOut = Field(validation_alias="blocked")
    created_at: datetime


class PublicProfileOut(ProfileFields):
    connection: Literal["pending_sent", "pending_received", "accepted"] | None
    mutual_connections_count: int


class PeopleQuery(PageQuery):
    search: str | None = Field(None, max_length=100)
    role: Annotated[str, AnyCase] | None = None
    verified: bool | None = None
    category: Annotated[str, AnyCase] | None = None
    country: str | None = None
    platform: Annotated[str, AnyCase] | None = None
    min_followers: int | None = Field(None, ge=0, le=2**53)


class PersonFoundOut(ProfileFields):
    """A person in the search results: all but what only concerns the one who asks."""
