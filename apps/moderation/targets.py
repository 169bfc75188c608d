"""What can be reported: who may see it, whose it is, and what is kept of it."""

from collections.abc import Callable
from typing import Any, NamedTuple

from django.db.models import QuerySet
from django.db.models.fields.files import FieldFile

from apps.accounts.models import User
from apps.core.http.errors import NotFound
from apps.core.media.kinds import STORY_MEDIA
from apps.events.models import Event
from apps.messaging.models import Message
from apps.moderation.models import Report
from apps.social.models import Story


class Evidence(NamedTuple):
    file: FieldFile
    content_type: str
    name: str


class Target(NamedTuple):
    owner: User
    facts: dict[str, Any]
    files: list[Evidence]


def of_user(user: Any) -> Target:
    profile = user.profile
    facts = {
        "username": user.username,
        "name": user.get_full_name(),
        "role": user.role,
        "blue_tick": "yes" if user.is_verified else "no",
        "bio": profile.bio,
        "website": profile.website,
        "city": profile.city,
        "country": profile.country,
        "social_links": list(profile.social_links.values()),
        "platforms": [f"{row['handle']} on {row['platform']}" for row in user.platforms or []],
    }
    avatar = [Evidence(profile.avatar, "image/webp", "avatar.webp")] if profile.avatar else []
    return Target(user, facts, avatar)


def of_story(story: Story) -> Target:
    facts = {
        "author": story.user.username,
        "caption": story.caption,
        "created_at": story.created_at,
        "expires_at": story.expires_at,
    }
    name = f"story-{story.pk}{STORY_MEDIA[story.content_type]}"
    return Target(story.user, facts, [Evidence(story.media, story.content_type, name)])


def of_event(event: Event) -> Target:
    facts = {
        "host": event.host.username,
        "title": event.title,
        "description": event.description,
        "date": event.date,
        "end_date": event.end_date,
        "location": event.location,
        "visibility": event.visibility,
    }
    return Target(event.host, facts, [])


def of_message(message: Message) -> Target:
    attachments = list(message.files.order_by("pk"))
    facts = {
        "sender": message.sender.username,
        "receiver": message.receiver.username,
        "conversation": message.conversation.name,
        "content": message.content,
        "attachments": [str(row) for row in attachments],
        "sent_at": message.timestamp,
        "edited_at": message.edited_at,
    }
    files = [Evidence(row.file, row.content_type, row.name) for row in attachments if row.file]
    return Target(message.sender, facts, files)


class Kind(NamedTuple):
    seen_by: Callable[[User], QuerySet[Any]]
    describe: Callable[[Any], Target]


KINDS = {
    Report.Target.USER: Kind(lambda viewer: User.objects.visible_to(viewer).as_profiles(), of_user),
    Report.Target.STORY: Kind(lambda viewer: Story.objects.visible_to(viewer).select_related("user"), of_story),
    Report.Target.EVENT: Kind(lambda viewer: Event.objects.visible_to(viewer).select_related("host"), of_event),
    Report.Target.MESSAGE: Kind(
        lambda viewer: Message.objects.visible_to(viewer).select_related("sender", "receiver", "conversation"),
        of_message,
    ),
}


def find(type: Report.Target, target_id: int, *, viewer: User) -> Target:
    """One reports what one may see; offers and projects are not there yet."""
    kind = KINDS.get(type)
    row = kind.seen_by(viewer).filter(pk=target_id).first() if kind else None
    if kind is None or row is None:
        raise NotFound
    return kind.describe(row)
