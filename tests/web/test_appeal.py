"""The page where somebody appeals who cannot sign in, as a browser without JavaScript sees it."""

import re
from datetime import timedelta

import pytest
from django.core import mail, signing
from django.test import Client
from django.utils import timezone

from apps.moderation.models import Appeal, Case
from apps.moderation.tokens import SALT, make_appeal_token
from tests.factories import ReportFactory, UserFactory
from tests.moderation.people import boss, decide
from tests.web.test_pages import hidden_in, submit

TEXT = "It was not me."


@pytest.fixture
def browser(db) -> Client:
    return Client(enforce_csrf_checks=True)


@pytest.fixture
def case(alice) -> Case:
    """Alice is banned."""
    return decide(ReportFactory(case__target_owner=alice).case, "ban", reason="Advertising <b>")


def path_of(case: Case) -> str:
    return f"/appeal?token={make_appeal_token(case.pk, case.target_owner_id)}"


def words(answer) -> str:
    return answer.content.decode()


def test_the_mail_of_a_decision_leads_there(browser, alice, case, run_jobs):
    run_jobs()

    (sent,) = mail.outbox
    path = re.search(r"http\S+(/appeal\?token=\S+)", sent.body)[1]
    assert sent.to == [alice.email]
    assert "Your account is suspended until further notice: Advertising <b>" in sent.body
    assert "Advertising &lt;b&gt;" in words(browser.get(path))
    assert "Thank you" in words(submit(browser, path, text=TEXT))


def test_opening_it_changes_nothing(browser, case):
    for answer in (browser.get(path_of(case)), browser.head(path_of(case))):
        assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
        assert "script-src 'self'" in answer["Content-Security-Policy"]
    assert b"<script" not in browser.get(path_of(case)).content
    assert not Appeal.objects.exists()


def test_its_button_appeals_once(browser, alice, case):
    form = hidden_in(browser.get(path_of(case))) | {"text": TEXT}
    answers = [browser.post(path_of(case), form) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 400]
    assert Appeal.objects.values_list("person", "text").get() == (alice.pk, TEXT)
    assert "You have appealed this decision" in words(browser.get(path_of(case)))


@pytest.mark.parametrize(
    ("text", "sentence"), [("", "This field is required."), ("x" * 2001, "no more than 2000 characters")]
)
def test_it_says_what_is_wrong_and_keeps_what_was_typed(browser, case, text, sentence):
    answer = submit(browser, path_of(case), text=text)

    assert answer.status_code == 400
    assert sentence in words(answer)
    assert text in words(answer)


def test_it_takes_its_own_form(browser, case):
    assert browser.post(path_of(case), {"token": "x", "text": TEXT}).status_code == 403


@pytest.mark.parametrize(
    "why", ["none", "nonsense", "another's", "of nobody", "dismissed", "erased", "old", "other salt"]
)
def test_another_token_is_refused(browser, alice, case, why):
    token = make_appeal_token(case.pk, alice.pk)
    if why == "dismissed":
        Case.objects.update(decision="none")
    elif why == "erased":
        type(alice).objects.filter(pk=alice.pk).update(erased_at=timezone.now())
    elif why == "old":
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(signing.time, "time", lambda: 0)
            token = make_appeal_token(case.pk, alice.pk)
    else:
        tokens = {
            "none": "",
            "nonsense": "x",
            "another's": make_appeal_token(case.pk, UserFactory().pk),
            "of nobody": make_appeal_token(0, 0),
            "other salt": signing.dumps([case.pk, alice.pk], salt="x"),
        }
        token = tokens[why]
    assert SALT == "appeal"

    answer = browser.get(f"/appeal?token={token}")

    assert answer.status_code == 400
    assert "Invalid or expired token." in words(answer)


def test_it_is_not_too_late_to_be_told_so(browser, case):
    Case.objects.update(decided_at=timezone.now() - timedelta(days=31))

    assert "It is too late" in words(submit(browser, path_of(case), text=TEXT))


def test_a_decision_taken_back_is_mailed_no_more(case, run_jobs):
    Appeal.objects.create(case=case, person=case.target_owner, text=TEXT, status="overturned", decided_by=boss())

    run_jobs()

    assert mail.outbox == []
