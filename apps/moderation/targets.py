"""What can be reported: the rooms declare it in their `reportable.py`."""

from apps.core.declarations import Reportable, Snapshot, declared
from apps.core.http.errors import NotFound
from apps.core.reading.viewer import Viewer


def reportable(kind: str) -> Reportable | None:
    """What a room declares of this kind of rows; None if no room has such."""
    found: dict[str, Reportable] = {each.kind: each for each in declared("reportable", "REPORTABLES")}
    return found.get(kind)


def removal_permission(kind: str) -> str | None:
    """What it takes to take one of these down; None if they cannot be."""
    target = reportable(kind)
    if target is None or target.take_down is None:
        return None
    options = target.model._meta
    return f"{options.app_label}.moderate_{options.model_name}"


def find(kind: str, target_id: int, *, viewer: Viewer) -> Snapshot:
    """One reports what one may see."""
    target = reportable(kind)
    row = target.seen_by(viewer).filter(pk=target_id).first() if target else None
    if target is None or row is None:
        raise NotFound
    return target.describe(row)
