import re

import pytest
from django.apps import apps
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.test import Client, RequestFactory
from django.urls import NoReverseMatch
from django_q.models import Failure, OrmQ, Success
from unfold.admin import ModelAdmin

from apps.accounts.models import Block, Document, Erasure, LinkedLogin, Profile, Session, Taxonomy, User
from apps.core.models import AuditEntry, IdempotencyKey, OutgoingMail, RefusedAddress
from apps.events.models import Attendance, Event
from apps.messaging.models import Conversation, Message
from apps.moderation.models import Appeal, Case
from apps.notifications.models import FanOut, Notification, NotificationType, Preferences
from apps.social.models import Connection, Story
from tests.console.conftest import browser
from tests.console.rows import MODELS, ROWS, make, path_of
from tests.factories import (
    PASSWORD,
    ConnectionFactory,
    DocumentFactory,
    StaffFactory,
    UserFactory,
)

OURS = [
    *("core", "live", "accounts", "social", "events", "messaging", "moderation", "notifications", "insights"),
]


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_every_page_of_a_model_is_unfold_s(model):
    assert isinstance(admin.site._registry[model], ModelAdmin)


def test_every_row_that_staff_may_have_to_see_is_there():
    registered = {model._meta.label_lower for model in MODELS}
    ours = {model._meta.label_lower for app in OURS for model in apps.get_app_config(app).get_models()}

    within_another = {
        *["accounts.profile", "accounts.profileplatform", "accounts.profilecategory"],
        *[
            *["core.seededgrant", "core.uploadday"],
            "accounts.removedprofile",
            *["accounts.knownaddress", "accounts.knowndevice", "accounts.passwordreset"],
            *["accounts.secondfactor", "accounts.backupcode"],
            *["accounts.export", "accounts.reservedusername"],
            *["accounts.exchangedcode", "accounts.spentstate"],
            *["live.head", "live.payload", "live.entry"],
            *["moderation.report", "moderation.reportfile"],
            "social.storyview",
            "events.calendarfeed",
            "messaging.attachment",
            *["notifications.digest", "notifications.typepreference"],
            *["accounts.activeday", "social.profilevisit", "social.storyday"],  # numbers of them are shown, never who
            *["insights.dailyfigure", "insights.cohortweek"],  # what curves are made of
        ],
    }
    assert ours - registered == within_another
    assert {"constance.config", "accounts.staffrole", "django_q.schedule", "django_q.failure"} <= registered


@pytest.mark.parametrize("model", ROWS, ids=str)
@pytest.mark.parametrize("page", ["changelist", "add", "change", "history"])
def test_every_page_answers_a_superuser(boss_client, model, page):
    make(model)
    row = model._default_manager.first()
    args = [row.pk] if page in ("change", "history") else []
    response = boss_client.get(path_of(model, page, *args))
    may_add = admin.site._registry[model].has_add_permission(response.wsgi_request)

    assert response.status_code == (403 if page == "add" and not may_add else 200)


@pytest.mark.parametrize("model", MODELS, ids=str)
def test_staff_without_the_permission_are_refused(db, model):
    colleague = StaffFactory()
    colleague.groups.get().permissions.clear()

    assert browser(colleague).get(path_of(model, "changelist")).status_code == 403


def test_a_person_who_is_not_staff_is_asked_to_sign_in(alice):
    response = browser(alice).get("/admin/")

    assert response.status_code == 302
    assert response.url == "/admin/login/?next=/admin/"


def test_who_signs_in_arrives_at_the_first_page(staff, client):
    response = client.post("/admin/login/", {"username": "sam@example.com", "password": PASSWORD})

    assert response.url == "/admin/"


READ_ONLY = [
    *[AuditEntry, Session, Connection, Story, Event, Attendance, Notification, FanOut, Case, Appeal, Preferences],
    *[IdempotencyKey, Document, LinkedLogin, Block, Erasure, Success, OrmQ],
]


@pytest.mark.parametrize("model", READ_ONLY, ids=str)
def test_not_even_a_superuser_edits_what_the_product_writes(boss_client, model):
    make(model)
    row = model._default_manager.first()

    assert boss_client.post(path_of(model, "change", row.pk), {}).status_code == 403
    assert boss_client.post(path_of(model, "delete", row.pk), {"post": "yes"}).status_code == 403
    assert boss_client.get(path_of(model, "add")).status_code == 403
    assert model._default_manager.filter(pk=row.pk).exists()


@pytest.mark.parametrize("model", ROWS, ids=str)
def test_no_page_shows_what_is_secret_or_asks_another_host(boss_client, model):
    make(model)
    row = model._default_manager.first()
    secrets = [*User.objects.values_list("password", flat=True), *Session.objects.values_list("refresh_id", flat=True)]
    secrets += [secret.split("$")[-1] for secret in secrets]

    for url in (path_of(model, "changelist"), path_of(model, "change", row.pk)):
        html = boss_client.get(url).content.decode()
        loaded = re.findall(r'<(?:link|script|img|iframe)[^>]+(?:src|href)="([^"]+)"', html)
        assert not [secret for secret in secrets if secret in html]
        assert loaded
        assert not [asset for asset in loaded if not asset.startswith(("/", "http://127.0.0.1:8000/media/"))]


def lists_of(client: Client) -> set[type]:
    """The models whose lists stand in the navigation."""
    sections = client.get("/admin/").context["sidebar_navigation"]
    links = {item["link"] for section in sections for item in section["items"]}
    assert "/admin/" in links
    found = {model for model in MODELS if path_of(model, "changelist") in links}
    assert len(found) == len(links - {"/admin/", "/admin/work/"})
    return found


GROUPS = {
    "brand-manager": [User, Document],
    "influencer-manager": [User, Document],
    "content-moderator": [User, Connection, Story, Event, Attendance, Conversation, Message, Case, Appeal],
    "community-manager": [User, Event, Attendance, Notification, NotificationType, Preferences, Taxonomy],
    "support": [User, Session, LinkedLogin, Block, Erasure, OutgoingMail, RefusedAddress],
    "dispute-manager": [User],
    "trainee": [User, Connection, Story, Event, Attendance],
}


@pytest.mark.parametrize("group", GROUPS)
def test_a_group_may_open_the_lists_of_its_work(db, group):
    assert lists_of(browser(StaffFactory(groups=[group]))) == set(GROUPS[group])


def test_a_platform_admin_may_open_all(db):
    assert lists_of(browser(StaffFactory(groups=["platform-admin"]))) == set(MODELS)


def test_an_auditor_may_open_all_but_what_is_opened_to_be_decided(db):
    assert set(MODELS) - lists_of(browser(StaffFactory(groups=["auditor"]))) == {Message, Case, Appeal}


@pytest.mark.parametrize("group", [*GROUPS, "platform-admin", "auditor"])
def test_every_list_and_row_that_a_group_is_shown_answers_it(db, group):
    colleague = StaffFactory(groups=[group])
    client = browser(colleague)

    for model in lists_of(client):
        if issubclass(model, models.Model):
            make(model)
            row = admin.site._registry[model].get_queryset(request_of(colleague)).first()
            assert client.get(path_of(model, "changelist")).status_code == 200
            assert row is None or client.get(path_of(model, "change", row.pk)).status_code == 200


def request_of(user: User) -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = User.objects.get(pk=user.pk)
    return request


def test_the_navigation_shows_only_what_one_may_open(boss_client):
    sections = [group.get("title") for group in boss_client.get("/admin/").context["sidebar_navigation"]]
    assert sections[1:] == ["People", "Network", "Events", "Chat", "Moderation", "Notifications", "Operations"]
    assert lists_of(boss_client) == set(MODELS)


def test_the_navigation_counts_the_documents_that_wait(boss_client):
    DocumentFactory.create_batch(3)
    DocumentFactory(approved=True)

    groups = boss_client.get("/admin/").context["sidebar_navigation"]

    assert [item["badge"] for group in groups for item in group["items"] if item.get("badge")] == ["3"]


def test_the_first_page_tells_how_things_stand(boss_client, staff_client):
    DocumentFactory()
    ConnectionFactory(accepted=True)
    make(Failure)

    page = boss_client.get("/admin/")

    cards = {card["title"]: (card["value"], card["note"]) for card in page.context["cards"]}
    assert cards["Connections"] == (1, "and 0 unanswered requests")
    assert (cards["Jobs waiting"][0], cards["Failed jobs"][0]) == (0, 1)
    assert cards["Documents to review"][0] == 1
    assert cards["People"][0] == User.objects.count()
    panels = {panel["title"]: panel["content"] for panel in page.context["panels"]}
    assert list(panels) == [
        *["Documents that wait", "Next events", "Active people, the last 30 days"],
        *["New people, month by month", "People by type", "What colleagues did"],
    ]
    assert panels["People by type"]["rows"][0] == ["Influencer", 3, 3, 0]
    assert "Jobs waiting" not in {card["title"] for card in staff_client.get("/admin/").context["cards"]}


def test_a_profile_is_found_by_the_autocomplete_of_people(staff_client):
    UserFactory(username="findme")

    response = staff_client.get(
        "/admin/autocomplete/",
        {"term": "findm", "app_label": "accounts", "model_name": "document", "field_name": "user"},
    )

    assert [row["text"] for row in response.json()["results"]] == ["findme"]


def test_profiles_have_no_page_of_their_own():
    with pytest.raises(NoReverseMatch):
        path_of(Profile, "changelist")
