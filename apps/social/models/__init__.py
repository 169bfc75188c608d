from apps.social.models.connections import (
    Connection,
    connected_ids,
    connection_state,
    mutual_connections,
    mutual_count,
)
from apps.social.models.stories import Story, StoryView, viewers_of

__all__ = [
    "Connection",
    "Story",
    "StoryView",
    "connected_ids",
    "connection_state",
    "mutual_connections",
    "mutual_count",
    "viewers_of",
]
