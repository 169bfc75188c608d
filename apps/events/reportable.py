from apps.accounts.models import User
from apps.core.declarations import Reportable, Snapshot
from apps.core.reading.viewer import Viewer
from apps.events.models import Event, EventQuerySet
from apps.events.services import delete_removed, restore_event, take_down_event


def seen_by(viewer: Viewer) -> EventQuerySet:
    return Event.objects.visible_to(viewer).select_related("host")


def describe(event: Event) -> Snapshot:
    facts = {
        "host": event.host.username,
        "title": event.title,
        "description": event.description,
        "date": event.date,
        "end_date": event.end_date,
        "location": event.location,
        "visibility": event.visibility,
    }
    return Snapshot(event.host, facts, [])


def take_down(event: Event, by: User) -> None:
    take_down_event(event=event, by=by)


def restore(event: Event, by: User) -> None:
    restore_event(event=event, by=by)


REPORTABLES = [
    Reportable(
        *("event", Event),
        seen_by=seen_by,
        describe=describe,
        take_down=take_down,
        restore=restore,
        delete_removed=delete_removed,
    )
]
