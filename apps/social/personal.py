"""Whom people know, and what they show for a day."""

from apps.core.declarations import Exported, Personal
from apps.core.erasure import deleted
from apps.social.models import Connection, ProfileVisit, Story, StoryDay, StoryView

PERSONAL = [
    Personal(
        Connection,
        ["sender", "receiver"],
        export=Exported("connections", ["sender", "receiver", "status", "created_at", "answered_at"]),
        erase=deleted,
    ),
    Personal(
        Story,
        ["user"],
        export=Exported(
            "stories",
            ["id", "caption", "media", "media_type", "created_at", "expires_at"],
            files=["media"],
            rows=lambda user_id: Story.objects.kept().filter(user=user_id),
        ),
        erase=deleted,
    ),
    Personal(
        StoryView, ["viewer"], export=Exported("stories_seen", ["story", "story__user", "created_at"]), erase=deleted
    ),
    Personal(
        StoryDay,
        ["user"],
        export=Exported("story_days", ["day", "stories", "views", "seen", "audience"]),
        erase=deleted,
    ),
    Personal(ProfileVisit, ["viewer"], export=Exported("profiles_visited", ["person", "day"]), erase=deleted),
    Personal(ProfileVisit, ["person"], export="Who visits a profile is not told, only how many.", erase=deleted),
]
