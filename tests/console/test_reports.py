import re

import pytest

from apps.core.models import AuditEntry
from apps.moderation.models import Report
from tests.client import ApiClient, image_file
from tests.console.conftest import browser
from tests.factories import (
    AttachmentFactory,
    ConnectionFactory,
    MessageFactory,
    ReportFactory,
    ReportFileFactory,
    StaffFactory,
    StoryFactory,
    UserFactory,
)

LIST = "/admin/moderation/report/"


def page_of(report: Report) -> str:
    return f"{LIST}{report.pk}/change/"


def report(reporter, kind: str, row) -> Report:
    body = {"target_type": kind, "target_id": row.pk, "reason": "abuse", "details": "Rude <b>words</b>"}
    assert ApiClient(reporter).post("/reports", body).status_code == 201
    return Report.objects.get()


@pytest.fixture
def bob(alice):
    return ConnectionFactory(sender=alice, receiver__username="bob", accepted=True).receiver


def test_the_newest_come_first(staff_client):
    old, new = ReportFactory(), ReportFactory()

    assert list(staff_client.get(LIST).context["cl"].result_list) == [new, old]


def test_the_list_shows_nothing_of_what_was_said(staff_client, alice, bob):
    report(alice, "message", MessageFactory(sender=bob, receiver=alice, content="A private word"))

    assert "A private word" not in staff_client.get(LIST).content.decode()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "bob"}, "bob"),
        ({"q": "rude"}, "carol"),
        ({"q": "alice"}, "carol"),
        ({"status__exact": "open", "target_type__exact": "story"}, "carol"),
    ],
)
def test_the_list_is_searched_and_filtered(staff_client, alice, query, found):
    ReportFactory(target_owner=UserFactory(username="bob"))
    ReportFactory(target_owner=UserFactory(username="carol"), reporter=alice, details="Rude", target_type="story")

    rows = staff_client.get(LIST, query).context["cl"].result_list

    assert [row.target_owner.username for row in rows] == [found]


def test_the_page_shows_what_was_said_and_by_whom(staff, staff_client, alice, bob):
    message = MessageFactory(sender=bob, receiver=alice, content="Line one\nLine two <script>")
    AttachmentFactory(message=message, link_only=True, link="https://spam.example/")
    row = report(alice, "message", message)
    message.delete()

    html = staff_client.get(page_of(row)).content.decode()

    assert "Line one<br>Line two &lt;script&gt;" in html
    assert "https://spam.example/" in html
    assert 'href="https://spam.example' not in html
    assert "Rude &lt;b&gt;words&lt;/b&gt;" in html
    assert f"/admin/messaging/message/{row.target_id}/change/" in html
    assert f"/admin/accounts/user/{bob.pk}/change/" in html
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.target) == (staff, "report.viewed", f"moderation.report:{row.pk}")


def test_a_picture_is_shown_through_the_private_view(staff_client, alice, bob):
    row = report(alice, "story", StoryFactory(user=bob, caption="Look"))

    html = staff_client.get(page_of(row)).content.decode()
    link = re.search(r'<img src="(/api[^"]+)"', html)[1]

    assert link.startswith(f"/api/v1/files/report/{row.files.get().pk}?sig=")
    assert b"".join(staff_client.get(link).streaming_content) == image_file().read()
    assert AuditEntry.objects.filter(action="report.file_viewed").exists()


def test_a_film_has_its_controls_and_other_files_a_link(staff_client):
    row = ReportFactory()
    film = ReportFileFactory(report=row, content_type="video/mp4", name="story.mp4")
    paper = ReportFileFactory(report=row, content_type="application/pdf", name="contract.pdf")

    html = staff_client.get(page_of(row)).content.decode()

    assert re.search(rf'<video src="/api/v1/files/report/{film.pk}\?sig=[^"]+" controls', html)
    assert re.search(rf'<a href="/api/v1/files/report/{paper.pk}\?sig=[^"]+"[^>]+>contract.pdf', html)


def test_a_report_without_people_can_be_read(staff_client):
    row = ReportFactory()
    row.reporter.delete()
    row.target_owner.delete()

    assert staff_client.get(page_of(row)).status_code == 200
    assert staff_client.get(LIST).status_code == 200


def test_nobody_reads_reports_about_themselves(staff, staff_client):
    row = ReportFactory(target_owner=staff)

    assert list(staff_client.get(LIST).context["cl"].result_list) == []
    assert staff_client.get(page_of(row)).status_code == 302  # to the first page, with the words that it is not there
    assert waiting(staff_client) == ""


def test_who_may_not_moderate_reads_nothing(db):
    colleague = StaffFactory()
    colleague.groups.get().permissions.remove(colleague.groups.get().permissions.get(codename="moderate_report"))
    row = ReportFactory()

    client = browser(colleague)

    assert client.get(LIST).status_code == 403
    assert client.get(page_of(row)).status_code == 403
    assert not AuditEntry.objects.exists()


def waiting(client) -> str:
    groups = client.get("/admin/").context["sidebar_navigation"]
    (item,) = [item for group in groups for item in group["items"] if item["title"] == "Reports"]
    return item.get("badge", "")


def test_the_navigation_and_the_first_page_count_what_is_open(staff_client):
    assert waiting(staff_client) == ""
    ReportFactory.create_batch(2)

    cards = {card["title"]: card["value"] for card in staff_client.get("/admin/").context["cards"]}
    assert (waiting(staff_client), cards["Open reports"]) == ("2", 2)
