from apps.social.models.connections import (
    Connection,
    Direction,
    connected_ids,
    connection_list,
    connections_count,
    mutual_connections,
    visible_person_called,
)
from apps.social.models.stories import Story, StoryDay, StoryView, story_feed, viewer_list
from apps.social.models.visits import ProfileVisit

__all__ = [
    "Connection",
    "Direction",
    "ProfileVisit",
    "Story",
    "StoryDay",
    "StoryView",
    "connected_ids",
    "connection_list",
    "connections_count",
    "mutual_connections",
    "story_feed",
    "viewer_list",
    "visible_person_called",
]
