"""A room says in its own folder what it brings to console, moderation and demo, and the rooms above collect it."""

from collections import Counter

import pytest
from django.apps import AppConfig, apps
from django.contrib import admin

from apps.core.declarations import Evidence, Snapshot, declared
from apps.core.models import AuditEntry
from apps.core.reading.days import today
from apps.core.reading.viewer import Viewer
from apps.demo.build import populate
from apps.events.models import Event
from apps.insights.models import DailyFigure
from apps.insights.schemas import FiguresOut
from apps.insights.services import write_day
from apps.messaging.models import Message
from apps.moderation.models import Case, Report
from apps.moderation.targets import find, reportable
from apps.social.models import Story
from tests.client import ApiClient
from tests.console.conftest import browser
from tests.demo.conftest import remove_files, small_world
from tests.factories import (
    AttendanceFactory,
    CaseFactory,
    EventFactory,
    MessageFactory,
    StaffFactory,
    StoryFactory,
    UserFactory,
)
from tests.toyroom import demo as toy_demo

KINDS = [each.kind for each in declared("reportable", "REPORTABLES")]
MAKE = {"user": UserFactory, "story": StoryFactory, "event": EventFactory, "message": MessageFactory}


@pytest.fixture
def toyroom(monkeypatch):
    """Installed beside the others; nothing else is edited. (By the setting, Django would start all of them anew.)"""
    declared.cache_clear()
    monkeypatch.setitem(apps.app_configs, "toyroom", AppConfig.create("tests.toyroom"))
    yield
    declared.cache_clear()


def first_page(staff) -> dict:
    return browser(staff).get("/admin/").context


@pytest.mark.usefixtures("toyroom")
def test_a_room_s_pages_stand_in_the_navigation(db):
    sections = first_page(StaffFactory(is_superuser=True))["sidebar_navigation"]

    titles = {section["title"]: [item["title"] for item in section["items"]] for section in sections[1:]}
    assert list(titles)[-1] == "Toys"
    assert titles["Network"] == ["Connections", "Playmates", "Stories"]
    assert sections[-1]["items"][0]["badge"] == "3"


@pytest.mark.usefixtures("toyroom")
def test_a_room_s_tabs_stand_above_its_list(db):
    page = browser(StaffFactory(is_superuser=True)).get("/admin/events/event/", {"visibility__exact": "public"})

    [tabs] = [tabs for tabs in page.context["tab_list"] if tabs["models"] == ["events.event"]]
    assert [(item["title"], item["active"]) for item in tabs["items"]] == [("All", False), ("Open", True)]


@pytest.mark.usefixtures("toyroom")
def test_a_room_s_figures_stand_on_the_first_page(db):
    page = first_page(StaffFactory())

    assert {"title": "Toys", "link": "/admin/events/event/", "value": 7, "note": "in the box"} in page["cards"]
    assert "Toy box" in [panel["title"] for panel in page["panels"]]
    assert "Nobody's" not in [panel["title"] for panel in page["panels"]]


@pytest.mark.usefixtures("toyroom")
def test_who_may_not_open_its_list_is_shown_none_of_it(db):
    colleague = StaffFactory()
    given = colleague.groups.get().permissions
    given.remove(*given.filter(content_type__app_label="events"))

    page = first_page(colleague)

    assert "Toys" not in [section.get("title") for section in page["sidebar_navigation"]]
    assert "Toys" not in [card["title"] for card in page["cards"]]
    assert "Toy box" not in [panel["title"] for panel in page["panels"]]


@pytest.mark.usefixtures("toyroom")
def test_what_a_room_declares_can_be_reported(alice, alice_client):
    bob = UserFactory(username="bob")

    answer = alice_client.post("/reports", {"target_type": "offer", "target_id": bob.pk, "reason": "spam"})

    assert answer.status_code == 201
    assert Case.objects.get().snapshot == {"toy": "bob"}
    page = browser(StaffFactory()).get(f"/admin/moderation/case/{Case.objects.get().pk}/change/")
    assert f"/admin/accounts/user/{bob.pk}/change/" in page.content.decode()


def test_a_report_outlasts_the_room_that_declared_it(db):
    case = CaseFactory(target_type="offer", target_id=1)

    page = browser(StaffFactory()).get(f"/admin/moderation/case/{case.pk}/change/")

    assert page.status_code == 200
    assert "offer 1" in page.content.decode()


@pytest.mark.usefixtures("toyroom")
def test_a_room_has_scenes_in_the_demo_network(db):
    world = small_world()

    populate(world, 6)

    assert toy_demo.BUILT[-1] == 6
    assert Report.objects.filter(case__target_type="offer").get().details == "This toy is broken."
    remove_files()


@pytest.mark.usefixtures("toyroom")
def test_a_room_counts_in_what_a_person_is_shown(db):
    host = UserFactory(role="brand")
    AttendanceFactory(event__host=host)

    totals = ApiClient(host).get("/users/analytics").json()["data"]["totals"]

    assert totals["campaign_reach"] == 1 + 8
    assert "venture_interest" not in totals


@pytest.mark.usefixtures("toyroom")
def test_a_room_s_figures_are_written_down_each_day(db):
    write_day(today())

    assert DailyFigure.objects.get(name="toys").value == 3


def test_every_measure_is_a_figure_that_the_answer_declares():
    assert {measure.name for measure in declared("analytics", "MEASURES")} <= FiguresOut.model_fields.keys()


def test_no_two_figures_of_the_network_have_one_name():
    names = [count.name for count in declared("analytics", "DAILY_COUNTS")]

    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_one_that_reports_know_and_its_pages_lead_to(kind):
    target = reportable(kind)

    assert kind in Case.Target.values
    assert KINDS.count(kind) == 1
    assert admin.site.is_registered(target.model)


@pytest.mark.parametrize("kind", KINDS)
def test_a_copy_says_whose_it_is_and_what_it_said(db, kind):
    row = MAKE[kind]()
    owner = {"story": "user", "event": "host", "message": "sender"}.get(kind)
    viewer = row.receiver if kind == "message" else StaffFactory()

    copy = find(kind, row.pk, viewer=Viewer.of(viewer))

    assert isinstance(copy, Snapshot)
    assert copy.owner == (getattr(row, owner) if owner else row)
    assert copy.facts
    assert all(isinstance(file, Evidence) for file in copy.files)


@pytest.mark.parametrize(("kind", "model"), [("story", Story), ("event", Event), ("message", Message)])
def test_what_is_taken_down_is_gone_for_those_who_saw_it_and_comes_back(db, kind, model):
    row, moderator = MAKE[kind](), StaffFactory()
    viewer = row.receiver if kind == "message" else moderator

    reportable(kind).take_down(row, moderator)

    assert not model.objects.visible_to(Viewer.of(viewer)).filter(pk=row.pk).exists()
    reportable(kind).restore(row, moderator)
    assert model.objects.visible_to(Viewer.of(viewer)).filter(pk=row.pk).exists()
    actions = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(actions) == [f"{kind}.taken_down", f"{kind}.restored"]


def test_no_two_things_claim_one_position():
    for module, name in (("console", "PAGES"), ("console", "CARDS"), ("console", "PANELS"), ("demo", "COMPLAINTS")):
        orders = Counter(item.order for item in declared(module, name))
        assert max(orders.values()) == 1, (module, name)


def test_what_is_declared_of_the_console_has_a_page_in_it():
    pages = {model._meta.label_lower for model in admin.site._registry}

    for name in ("PAGES", "CARDS", "PANELS"):
        assert {item.model for item in declared("console", name)} <= pages
