import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.moderation.services import appeal, decide_appeal
from tests.client import ApiClient
from tests.factories import ReportFactory, StaffFactory, StoryFactory, UserFactory
from tests.moderation.people import boss, decide, report


@pytest.fixture
def bob(db):
    return UserFactory(username="bob")


@pytest.fixture
def made(alice, bob):
    return report(alice, bob, "abuse")


def get(person, row):
    return ApiClient(person).get(f"/reports/{row.pk}")


def test_who_made_it_reads_what_comes_of_it(alice, made):
    before = get(alice, made).json()["data"]
    decide(made.case, "warn", reason="Be kind")

    after = get(alice, made).json()["data"]

    assert before == {
        "id": made.pk,
        "target_type": "user",
        "target_id": made.case.target_id,
        "reason": "abuse",
        "status": "open",
        "decision": None,
        "note": None,
        "decided_at": None,
        "appeal": None,
        "created_at": before["created_at"],
    }
    changed = {"status": "decided", "decision": "warned", "note": "Be kind", "decided_at": after["decided_at"]}
    assert after == before | changed
    assert after["decided_at"].endswith("Z")


def test_the_person_decided_about_sees_neither_reporter_nor_reason(bob, made):
    decide(made.case, "warn", reason="Be kind")

    response = get(bob, made)

    assert response.json()["data"]["reason"] is None
    assert (response.json()["data"]["decision"], response.json()["data"]["note"]) == ("warned", "Be kind")
    assert "alice" not in response.content.decode()
    assert "abuse" not in response.content.decode()


@pytest.mark.parametrize(
    ("state", "who", "status"),
    [
        ("open", "reporter", 200),
        ("open", "person", 404),
        ("dismissed", "reporter", 200),
        ("dismissed", "person", 404),
        ("decided", "person", 200),
        ("decided", "another reporter", 404),
        ("decided", "moderator", 404),
        ("decided", "stranger", 404),
        ("decided", "nobody", 401),
    ],
)
def test_who_may_read_it(alice, bob, made, state, who, status):
    people = {
        "reporter": alice,
        "person": bob,
        "another reporter": ReportFactory(case=made.case).reporter,
        "moderator": StaffFactory(),
        "stranger": UserFactory(),
        "nobody": None,
    }
    if state != "open":
        decide(made.case, "none" if state == "dismissed" else "warn")

    assert get(people[who], made).status_code == status


def test_its_appeal_is_shown_and_its_words_to_who_wrote_them(alice, bob, made):
    decide(made.case, "warn")
    decide_appeal(
        appeal=appeal(case=made.case, person=bob, text="Not me"), by=boss(), overturn=True, note="For colleagues"
    )

    theirs, mine = (get(person, made).json()["data"]["appeal"] for person in (bob, alice))

    assert (theirs["status"], theirs["text"], set(theirs)) == ("overturned", "Not me", {"status", "text", "decided_at"})
    assert mine == theirs | {"text": None}


def test_it_outlasts_what_it_is_about(alice, bob):
    story = StoryFactory(user=bob)
    made = ReportFactory(reporter=alice, case__target_owner=bob, case__target_type="story", case__target_id=story.pk)
    story.delete()

    assert get(alice, made).status_code == 200


def test_the_list_has_ones_own_the_newest_first(alice, bob, made):
    mine = ReportFactory(reporter=alice)
    decide(ReportFactory(case__target_owner=alice).case, "warn")
    ReportFactory(case__target_owner=alice)

    body = ApiClient(alice).get("/reports").json()

    assert [row["id"] for row in body["data"]] == [mine.pk, made.pk]
    assert (body["meta"]["total"], body["meta"]["page"]) == (2, 1)
    assert body["data"][0] == get(alice, mine).json()["data"]


def test_the_queries_of_the_list_do_not_grow(alice):
    client = ApiClient(alice)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get("/reports").status_code == 200
        return len(captured)

    ReportFactory(reporter=alice)
    first = queries()
    ReportFactory.create_batch(5, reporter=alice)

    assert queries() == first
