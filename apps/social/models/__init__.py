from apps.social.models.connections import (
    Connection,
    Direction,
    connected_ids,
    connection_list,
    mutual_connections,
    visible_person_called,
)
from apps.social.models.stories import Story, StoryView, story_feed, viewer_list

__all__ = [
    "Connection",
    "Direction",
    "Story",
    "StoryView",
    "connected_ids",
    "connection_list",
    "mutual_connections",
    "story_feed",
    "viewer_list",
    "visible_person_called",
]
