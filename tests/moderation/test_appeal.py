from datetime import timedelta

import pytest
from django.utils import timezone

from apps.moderation.models import Appeal, Case
from apps.moderation.services import decide_appeal
from tests.client import ApiClient
from tests.factories import CaseFactory, ReportFactory, UserFactory
from tests.moderation.people import boss, decide, report
from tests.races import together

TEXT = "It was not me."


@pytest.fixture
def bob(db):
    return UserFactory(username="bob")


@pytest.fixture
def made(alice, bob):
    """A report of alice's about bob."""
    return report(alice, bob)


def send(client: ApiClient, report, text: object = TEXT, **options):
    return client.post(f"/reports/{report.pk}/appeal", {"text": text}, **options)


def test_it_is_received(bob, made):
    decide(made.case, "warn")

    response = send(ApiClient(bob), made, f" {TEXT} ")

    body = response.json()
    assert (response.status_code, body["message"]) == (201, "Appeal received.")
    assert body["data"]["appeal"] == {"status": "open", "text": TEXT, "decided_at": None}
    assert Appeal.objects.values_list("case", "person", "text").get() == (made.case.pk, bob.pk, TEXT)


@pytest.mark.parametrize(
    ("who", "status"), [("the person", 201), ("who reported it", 403), ("a moderator", 404), ("nobody", 401)]
)
def test_who_may_appeal(alice, bob, made, who, status):
    decide(made.case, "warn")
    people = {"the person": bob, "who reported it": alice, "a moderator": boss(), "nobody": None}

    assert send(ApiClient(people[who]), made).status_code == status


@pytest.mark.parametrize("state", ["open", "dismissed", "unknown"])
def test_there_has_to_be_a_decision(bob, made, state):
    if state == "dismissed":
        decide(made.case, "none")
    if state == "unknown":
        made.pk = 10**12

    assert send(ApiClient(bob), made).status_code == 404
    assert not Appeal.objects.exists()


@pytest.mark.parametrize("is_decided", [True, False])
def test_once(bob, made, is_decided):
    decide(made.case, "warn")
    send(ApiClient(bob), made)
    if is_decided:
        decide_appeal(appeal=Appeal.objects.get(), by=boss(), overturn=False, note="")

    response = send(ApiClient(bob), made, "Really not")

    assert (response.status_code, response.json()["code"]) == (400, "already_appealed")
    assert Appeal.objects.get().text == TEXT


def test_once_for_all_reports_of_the_case(bob, made):
    other = ReportFactory(case=made.case)
    decide(made.case, "warn")

    statuses = [send(ApiClient(bob), one).status_code for one in (made, other)]

    assert statuses == [201, 400]


@pytest.mark.parametrize(("days", "status"), [(29, 201), (31, 400)])
def test_within_thirty_days(bob, made, days, status):
    decide(made.case, "warn")
    Case.objects.update(decided_at=timezone.now() - timedelta(days=days))

    response = send(ApiClient(bob), made)

    assert response.status_code == status
    if status == 400:
        assert response.json()["code"] == "appeal_too_late"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "Ensure this field has at least 1 characters."),
        (None, "This field may not be null."),
        ("x" * 2001, "Ensure this field has no more than 2000 characters."),
    ],
)
def test_it_says_what_is_wrong(bob, made, text, sentence):
    decide(made.case, "warn")

    response = send(ApiClient(bob), made, text)

    assert (response.status_code, response.json()["details"]) == (400, {"text": [sentence]})


def test_a_repeated_request_makes_one(bob, made):
    decide(made.case, "warn")

    first, second = (send(ApiClient(bob), made, idempotency_key="k") for _ in range(2))

    assert (first.status_code, first.json()) == (201, second.json())


@pytest.mark.django_db(transaction=True)
def test_of_several_at_once_one_counts(bob, made):
    decide(made.case, "warn")
    client = ApiClient(bob)

    statuses = together(*[lambda: send(client, made).status_code] * 3)

    assert sorted(statuses) == [201, 400, 400]
    assert Appeal.objects.count() == 1


def test_a_case_without_a_report_of_ones_own_is_nobodys_to_appeal(bob):
    row = ReportFactory(case=CaseFactory(decided=True))

    assert send(ApiClient(bob), row).status_code == 404
