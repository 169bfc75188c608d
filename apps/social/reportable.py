from apps.accounts.models import User
from apps.core.declarations import Evidence, Reportable, Snapshot
from apps.core.media.kinds import STORY_MEDIA
from apps.core.reading.viewer import Viewer
from apps.social.models import Story
from apps.social.models.stories import StoryQuerySet
from apps.social.services.stories import delete_removed, restore_story, take_down_story


def seen_by(viewer: Viewer) -> StoryQuerySet:
    return Story.objects.visible_to(viewer).select_related("user")


def describe(story: Story) -> Snapshot:
    facts = {
        "author": story.user.username,
        "caption": story.caption,
        "created_at": story.created_at,
        "expires_at": story.expires_at,
    }
    name = f"story-{story.pk}{STORY_MEDIA[story.content_type]}"
    return Snapshot(story.user, facts, [Evidence(story.media, story.content_type, name)])


def take_down(story: Story, by: User) -> None:
    take_down_story(story=story, by=by)


def restore(story: Story, by: User) -> None:
    restore_story(story=story, by=by)


REPORTABLES = [
    Reportable(
        *("story", Story),
        seen_by=seen_by,
        describe=describe,
        take_down=take_down,
        restore=restore,
        delete_removed=delete_removed,
    )
]
