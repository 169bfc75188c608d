from apps.social.models.connections import (
    Connection,
    Direction,
    connected_ids,
    connection_list,
    mutual_connections,
    public_profile,
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
    "public_profile",
    "story_feed",
    "viewer_list",
]
