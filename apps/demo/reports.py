"""What some people thought was wrong, with a copy of it, as the product itself makes one."""

from collections.abc import Iterator
from contextlib import suppress

from apps.core.declarations import Sighting, declared
from apps.core.http.errors import NotFound
from apps.demo.world import World
from apps.moderation.models import Case
from apps.moderation.schemas import ReportIn
from apps.moderation.services import report


def complain(world: World) -> None:
    for complaints in declared("demo", "COMPLAINTS"):
        sightings = complaints.sightings(world)
        for reason, details in complaints.about:
            one_reports(world, complaints.kind, reason, details, sightings)


def one_reports(world: World, kind: str, reason: str, details: str, sightings: Iterator[Sighting]) -> None:
    """The next one who can: what is blocked or switched off cannot be reported."""
    for by, target_id, since in sightings:
        form = ReportIn(target_type=Case.Target(kind), target_id=target_id, reason=reason, details=details)
        with suppress(NotFound):
            made = report(reporter=by, form=form)
            made.created_at = world.between(max(since, world.ago(3, 3)), world.now)
            made.save(update_fields=["created_at"])
            Case.objects.filter(pk=made.case_id).update(created_at=made.created_at)
            return
