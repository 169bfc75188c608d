"""The network's figures in the console."""

import json
from typing import Any

from django.utils.formats import date_format

from apps.accounts.models import User
from apps.core.declarations import Capability, Panel
from apps.insights.services import curve

DAYS = 30


def active_people(viewer: User) -> str:
    """As unfold's charts take it: who came on each day, and in the week that ends with it."""
    lines = {"on the day": "primary-500", "within a week": "primary-300"}
    points = [curve(name, DAYS) for name in ("active_people_1", "active_people_7")]
    datasets: list[dict[str, Any]] = [
        {"label": label, "data": [point.value for point in line], "borderColor": f"var(--color-{colour})"}
        for (label, colour), line in zip(lines.items(), points, strict=True)
    ]
    datasets[0]["displayYAxis"] = True
    return json.dumps({"labels": [date_format(point.day, "j M") for point in points[0]], "datasets": datasets})


PANELS = [
    Panel(
        *(f"Active people, the last {DAYS} days", "accounts.user", "line", active_people),
        order=25,
        permission="insights.view_dailyfigure",
    ),
]
CAPABILITIES = [
    Capability(
        *("see-figures", "See the figures of the network", "Network"),
        ["insights.view_dailyfigure", "insights.view_cohortweek"],
        order=195,
        help="How many people come, day by day, and whether they come back.",
    ),
]
