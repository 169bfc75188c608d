import re
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.core.models import AuditEntry
from apps.moderation.models import Appeal, Case
from apps.social.models import Story
from tests.client import image_file
from tests.console.conftest import browser
from tests.factories import (
    AppealFactory,
    AttachmentFactory,
    CaseFactory,
    ConnectionFactory,
    DocumentFactory,
    MessageFactory,
    ReportFactory,
    ReportFileFactory,
    StaffFactory,
    StoryFactory,
    UserFactory,
)
from tests.moderation.people import decide, report, told

LIST, APPEALS = "/admin/moderation/case/", "/admin/moderation/appeal/"


def page_of(case: Case) -> str:
    return f"{LIST}{case.pk}/change/"


def work_on(row: Case | Appeal) -> str:
    return f"/admin/work/{row._meta.model_name}s/{row.pk}/"


def words(page) -> str:
    return page.content.decode()


def listed(client, path: str = LIST, query=None) -> list:
    return list(client.get(path, query).context["cl"].result_list)


@pytest.fixture
def bob(alice):
    return ConnectionFactory(sender=alice, receiver__username="bob", accepted=True).receiver


@pytest.fixture
def case(alice, bob):
    """Alice reports bob's story."""
    return report(alice, StoryFactory(user=bob, caption="Look")).case


@pytest.fixture
def colleague_client(db):
    """Works here, and may not moderate."""
    return browser(StaffFactory(groups=["support"]))


def test_the_open_ones_come_first_the_most_severe_and_then_the_oldest(staff_client):
    done, mild, old, new = (
        CaseFactory(decided=True, severity=9),
        CaseFactory(severity=1),
        CaseFactory(severity=3),
        CaseFactory(severity=3),
    )

    assert listed(staff_client) == [old, new, mild, done]


def test_the_list_shows_nothing_of_what_was_said(staff_client, alice, bob):
    report(alice, MessageFactory(sender=bob, receiver=alice, content="A private word"))

    assert "A private word" not in words(staff_client.get(LIST))
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "bob"}, "bob"),
        ({"target_type__exact": "story"}, "carol"),
        ({"status__exact": "open"}, "bob"),
        ({"decision__exact": "warned"}, "carol"),
    ],
)
def test_the_list_is_searched_and_filtered(staff_client, bob, query, found):
    CaseFactory(target_owner=bob)
    CaseFactory(target_owner=UserFactory(username="carol"), target_type="story", decided=True)

    assert [row.target_owner.username for row in listed(staff_client, query=query)] == [found]


def test_the_page_shows_what_was_said_and_by_whom(staff, staff_client, alice, bob):
    message = MessageFactory(sender=bob, receiver=alice, content="Line one\nLine two <script>")
    AttachmentFactory(message=message, link_only=True, link="https://spam.example/")
    row = report(alice, message, "abuse").case
    row.reports.update(details="Rude <b>words</b>")
    message.delete()

    html = words(staff_client.get(page_of(row)))

    assert "Line one<br>Line two &lt;script&gt;" in html
    assert "https://spam.example/" in html
    assert 'href="https://spam.example' not in html
    assert "Rude &lt;b&gt;words&lt;/b&gt;" in html
    assert f"/admin/messaging/message/{row.target_id}/change/" in html
    assert f"/admin/accounts/user/{bob.pk}/change/" in html
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.target) == (staff, "case.viewed", f"moderation.case:{row.pk}")


def test_the_page_shows_what_is_known_of_both_sides(staff_client, alice, bob, case):
    for decision in ("warn", "none"):
        decide(ReportFactory(reporter=alice, case=CaseFactory()).case, decision)
    decide(CaseFactory(target_owner=bob), "warn", reason="He was rude")

    html = words(staff_client.get(page_of(case)))

    assert "1 of 2 earlier reports led to something" in html
    assert "He was rude" in html


def test_a_picture_is_shown_through_the_private_view(staff_client, case):
    html = words(staff_client.get(page_of(case)))
    link = re.search(r'<img src="(/api[^"]+)"', html)[1]

    assert f"{case.created_at:%Y-%m-%d}" not in html  # times are written for people
    assert link.startswith(f"/api/v1/files/report/{case.files.get().pk}?sig=")
    assert b"".join(staff_client.get(link).streaming_content) == image_file().read()
    assert AuditEntry.objects.filter(action="case.file_viewed").exists()


def test_a_film_has_its_controls_and_other_files_a_link(staff_client):
    row = CaseFactory()
    film = ReportFileFactory(case=row, content_type="video/mp4", name="story.mp4")
    paper = ReportFileFactory(case=row, content_type="application/pdf", name="contract.pdf")

    html = words(staff_client.get(page_of(row)))

    assert re.search(rf'<video src="/api/v1/files/report/{film.pk}\?sig=[^"]+" controls', html)
    assert re.search(rf'<a href="/api/v1/files/report/{paper.pk}\?sig=[^"]+"[^>]+>contract.pdf', html)


def test_a_case_without_people_can_be_read(staff_client):
    row = ReportFactory()
    row.reporter.delete()
    row.case.target_owner.delete()

    assert staff_client.get(page_of(row.case)).status_code == 200
    assert staff_client.get(work_on(row.case)).status_code == 200
    assert staff_client.get(LIST).status_code == 200


def test_nobody_reads_cases_about_themselves(staff, staff_client):
    row = CaseFactory(target_owner=staff)
    appeal = AppealFactory(case__target_owner=staff)

    assert listed(staff_client) == listed(staff_client, APPEALS) == []
    assert staff_client.get(page_of(row)).status_code == 302  # to the first page, with the words that it is not there
    assert staff_client.get(work_on(appeal)).status_code == staff_client.get(work_on(row)).status_code == 404
    assert "badge" not in work(staff_client)


@pytest.mark.parametrize("path", ["", "{0}/change/", "{0}/decide/"])
def test_who_may_not_moderate_reads_nothing(colleague_client, path):
    appeal = AppealFactory()

    assert colleague_client.get(LIST + path.format(CaseFactory().pk)).status_code == 403
    assert colleague_client.get(APPEALS + path.format(appeal.pk)).status_code == 403
    assert not AuditEntry.objects.exists()


def work(client) -> dict[str, str]:
    """Its entry in the navigation."""
    groups = client.get("/admin/").context["sidebar_navigation"]
    (item,) = [item for group in groups for item in group["items"] if item["title"] == "Work"]
    return item


def test_the_navigation_and_the_first_page_count_what_is_open(staff, staff_client):
    CaseFactory.create_batch(2)
    AppealFactory()
    AppealFactory(case__decided_by=staff)

    cards = {card["title"]: card["value"] for card in staff_client.get("/admin/").context["cards"]}
    assert (work(staff_client)["badge"], cards["Open cases"]) == ("3", 2)


# Deciding


def send(client, case: Case, *decisions: str, reason: str = "Advertising", **fields: str):
    form = {"do": "decide", "decisions": decisions, "reason": reason} | fields
    return client.post(work_on(case), form, follow=True)


def confirm(client, page, case: Case, *decisions: str, **fields: str):
    """As the page that shows what will happen asks for."""
    stamp = re.search(r'name="confirmed" value="(\w+)"', words(page))[1]
    return send(client, case, *decisions, confirmed=stamp, **fields)


def test_first_it_shows_what_will_happen_and_then_it_is_done(staff, staff_client, bob, case):
    until = timezone.now() + timedelta(days=3)
    fields = {"until": f"{until:%Y-%m-%dT%H:%M}"}

    preview = send(staff_client, case, "remove", "suspend", **fields)

    html = words(preview)
    message = f"Your account is suspended until {until:%Y-%m-%d %H:%M} UTC: Advertising"
    assert "The story is hidden from everybody" in html
    assert "Your story was removed: Advertising" in html
    assert message in html
    assert "Thank you. We have decided about what you reported." in html
    assert (Case.objects.get().is_open, told(bob)) == (True, [])

    answer = confirm(staff_client, preview, case, "remove", "suspend", **fields)

    assert [str(message) for message in answer.context["messages"]] == [f"Decided: {case}."]
    row = Case.objects.get()
    assert (row.decisions, row.decided_by, row.reason) == (["remove", "suspend"], staff, "Advertising")
    assert told(bob)[-1] == ("account_suspended", message)


def test_what_was_changed_after_the_preview_is_shown_again(staff_client, case):
    preview = send(staff_client, case, "warn")

    again = confirm(staff_client, preview, case, "remove")

    assert "The story is hidden from everybody" in words(again)
    assert Case.objects.get().is_open


def test_opening_it_decides_nothing(staff_client, case):
    page = staff_client.get(work_on(case))

    assert page.status_code == 200
    assert Case.objects.get().is_open


@pytest.mark.parametrize(
    ("decisions", "reason", "sentence"),
    [
        ([], "Rude", "This field is required."),
        (["warn"], "", "This field is required."),
        (["none", "warn"], "Rude", "These decisions do not go together."),
        (["suspend"], "Rude", "This field is required."),
        (["ban"], "Rude", "You do not have permission to perform this action."),
    ],
)
def test_what_is_refused_keeps_what_was_typed(staff_client, case, decisions, reason, sentence):
    html = words(send(staff_client, case, *decisions, reason=reason))

    assert sentence in html
    assert f">{reason}</textarea>" in html.replace("\n", "")
    assert Case.objects.get().is_open


def test_a_stale_decision_says_so(staff_client, case):
    preview = send(staff_client, case, "remove")
    decide(case, "warn")

    for html in (words(send(staff_client, case, "remove")), words(confirm(staff_client, preview, case, "remove"))):
        assert "This was already decided." in html
        assert ">Advertising</textarea>" in html.replace("\n", "")

    assert Case.objects.get().decision == "warned"


@pytest.mark.parametrize("row_id", ["999", "0", "abc"])
@pytest.mark.parametrize("kind", ["cases", "appeals"])
def test_what_is_not_there_is_not_found(staff_client, kind, row_id):
    assert staff_client.get(f"/admin/work/{kind}/{row_id}/").status_code == 404
    assert staff_client.get(f"{LIST}{row_id}/decide/").status_code == 404


def test_their_lists_lead_to_the_work(staff_client, case):
    appeal = AppealFactory()

    assert work_on(case) in words(staff_client.get(LIST))
    assert work_on(appeal) in words(staff_client.get(APPEALS))
    assert staff_client.get(f"{LIST}{case.pk}/decide/").url == work_on(case)
    assert staff_client.get(f"{APPEALS}{appeal.pk}/decide/").url == work_on(appeal)


def test_the_most_severe_come_first_in_the_queue(staff_client):
    document, mild, severe = DocumentFactory(), CaseFactory(severity=1), CaseFactory(severity=9)

    rows = [item.row for item in staff_client.get("/admin/work/").context["items"]]

    assert rows == [severe, mild, document]


def act(client, *cases: Case, **options: str):
    chosen = [case.pk for case in cases]
    return client.post(LIST, {"action": "dismiss", "_selected_action": chosen} | options, follow=True)


def test_several_are_dismissed_once_that_is_confirmed(staff, staff_client):
    first, second, other = CaseFactory.create_batch(3)

    question = act(staff_client, first, second)
    assert "Dismiss these cases?" in words(question)
    assert Case.objects.open().count() == 3
    answer = act(staff_client, first, second, confirmed="yes")

    assert [str(message) for message in answer.context["messages"]] == [
        f"Dismissed: {one}." for one in (second, first)
    ][::-1]
    assert Case.objects.open().get() == other
    assert set(Case.objects.decided().values_list("decision", "decided_by")) == {("none", staff.pk)}


def test_one_that_is_refused_keeps_the_others_from_nothing(staff_client):
    mine = CaseFactory(target_owner=StaffFactory())
    others = CaseFactory()

    act(staff_client, mine, others, confirmed="yes")

    assert Case.objects.open().get() == mine


# Appeals


def judge(client, appeal: Appeal, outcome: str, note: str = ""):
    return client.post(work_on(appeal), {"do": "decide", "outcome": outcome, "note": note}, follow=True)


def test_an_appeal_is_shown_with_what_the_person_was_told(staff_client):
    appeal = AppealFactory(text="Line one\n<script>", case__reason="Be kind")

    for page in (work_on(appeal), f"{APPEALS}{appeal.pk}/change/"):
        html = words(staff_client.get(page))
        assert "You were warned: Be kind" in html
        assert "&lt;script&gt;" in html
    assert Appeal.objects.get().is_open


def test_an_appeal_is_decided(staff, staff_client, case):
    decide(case, "remove")
    appeal = AppealFactory(case=case)

    judge(staff_client, appeal, "overturn", "They are right")

    appeal.refresh_from_db()
    assert (appeal.status, appeal.decided_by, appeal.note) == ("overturned", staff, "They are right")
    assert Story.objects.live().exists()


def test_who_made_the_decision_is_refused(staff, staff_client):
    appeal = AppealFactory(case__decided_by=staff)

    assert work_on(appeal) not in words(staff_client.get(APPEALS))
    assert staff_client.get(work_on(appeal)).status_code == 404
    assert judge(staff_client, appeal, "overturn").status_code == 404
    assert Appeal.objects.get().is_open


@pytest.mark.parametrize(
    ("query", "found"), [({"q": "bob"}, "open"), ({"status__exact": "upheld"}, "upheld"), ({"q": "carol"}, "upheld")]
)
def test_appeals_are_searched_and_filtered(staff_client, bob, query, found):
    AppealFactory(case__target_owner=bob)
    AppealFactory(case__target_owner__username="carol", status="upheld")

    assert [row.status for row in listed(staff_client, APPEALS, query)] == [found]
