import json
from datetime import timedelta

import pytest

from apps.insights.models import DailyFigure
from apps.insights.services import newest_full_day
from tests.console.conftest import browser
from tests.factories import StaffFactory

TITLE = "Active people, the last 30 days"


def panels(groups):
    page = browser(StaffFactory(groups=groups)).get("/admin/")
    return {panel["title"]: panel["content"] for panel in page.context["panels"]}


def test_the_first_page_draws_who_came(db):
    day = newest_full_day()
    for number in range(3):
        DailyFigure.objects.create(day=day - timedelta(number), name="active_people_1", value=10 + number)

    chart = json.loads(panels(["platform-admin"])[TITLE])

    on_the_day, within_a_week = chart["datasets"]
    assert len(chart["labels"]) == len(on_the_day["data"]) == 30
    assert on_the_day["data"][-3:] == [12, 11, 10]
    assert set(within_a_week["data"]) == {None}


@pytest.mark.parametrize(("group", "is_shown"), [("auditor", True), ("support", False), ("brand-manager", False)])
def test_it_is_for_those_who_may_see_figures(db, group, is_shown):
    assert (TITLE in panels([group])) == is_shown
