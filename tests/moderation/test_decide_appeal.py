from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from apps.accounts.models import User
from apps.core.http.errors import DomainError
from apps.core.models import AuditEntry
from apps.moderation.models import Appeal, Case
from apps.moderation.services import appeal as make_appeal
from apps.moderation.services import decide_appeal
from apps.social.models import Story
from tests.client import ApiClient, image_file
from tests.factories import CaseFactory, ConnectionFactory, EventFactory, MessageFactory, StaffFactory, StoryFactory
from tests.moderation.people import boss, decide, log_in, mails_to, report, told
from tests.moderation.test_decide_case import moderator
from tests.races import together

DAY = timedelta(days=1)


@pytest.fixture
def bob(alice) -> User:
    return ConnectionFactory(sender=alice, receiver__username="bob", accepted=True).receiver


def appealed(case: Case, *decisions: str, **options) -> Appeal:
    decide(case, *decisions, **options)
    return make_appeal(case=case, person=case.target_owner, text="It was not me.")


def overturn(appeal: Appeal, by: User | None = None) -> None:
    decide_appeal(appeal=appeal, by=by or boss(), overturn=True, note="They are right")


def refused(appeal: Appeal, by: User, overturn: bool = True) -> str:
    with pytest.raises(DomainError) as caught:
        decide_appeal(appeal=appeal, by=by, overturn=overturn, note="")
    return caught.value.code


@pytest.mark.parametrize("overturned", [True, False])
def test_the_person_is_told(alice, bob, run_jobs, overturned):
    appeal, by = appealed(report(alice, bob).case, "warn"), boss()

    decide_appeal(appeal=appeal, by=by, overturn=overturned, note=" Seen ")
    run_jobs()

    word = "was taken back" if overturned else "stands"
    assert told(bob)[1:] == [("appeal_decided", f"We have looked again: the decision {word}.")]
    assert word in mail.outbox[-1].body
    status = "overturned" if overturned else "upheld"
    row = Appeal.objects.get()
    assert (row.status, row.decided_by, row.note) == (status, by, "Seen")
    assert AuditEntry.objects.filter(actor=by, action=f"appeal.{status}", note="Seen").exists()


@pytest.mark.parametrize("kind", ["story", "event", "message"])
def test_overturned_it_comes_back_for_everybody(alice, bob, kind):
    row = {
        "story": lambda: StoryFactory(user=bob),
        "event": lambda: EventFactory(host=bob),
        "message": lambda: MessageFactory(sender=bob, receiver=alice),
    }[kind]()
    path = {"story": "/stories", "event": "/events", "message": "/chat"}[kind]

    def seen() -> bool:
        return row.pk in [item["id"] for item in ApiClient(alice).get(path).json()["data"]]

    before = seen()
    appeal = appealed(report(alice, row).case, "remove")
    removed = seen()
    overturn(appeal)

    assert (before, removed, seen()) == (True, False, True)


def test_a_story_gets_the_rest_of_its_day(alice, bob):
    story = StoryFactory(user=bob)
    appeal = appealed(report(alice, story).case, "remove")
    Story.objects.update(removed_at=timezone.now() - 2 * DAY)

    overturn(appeal)

    ends_in = Story.objects.get().expires_at - timezone.now()
    assert timedelta(hours=23) + 2 * DAY < ends_in < timedelta(hours=24) + 2 * DAY


def test_a_profile_is_as_it_was_but_for_what_was_written_since(alice, bob, django_capture_on_commit_callbacks):
    client = ApiClient(bob)
    client.put("/users/profile/avatar", form={"file": image_file()})
    client.patch("/users/profile", {"bio": "Buy now", "website": "https://spam.example"})
    with django_capture_on_commit_callbacks(execute=True):
        appeal = appealed(report(alice, bob).case, "remove")
    profile = client.get("/users/profile").json()["data"]
    assert (profile["avatar"], profile["bio"]) == (None, "")
    client.patch("/users/profile", {"bio": "Hello"})

    with django_capture_on_commit_callbacks(execute=True):
        overturn(appeal)

    profile = client.get("/users/profile").json()["data"]
    assert (profile["bio"], profile["website"]) == ("Hello", "https://spam.example")
    assert profile["avatar"]
    assert not bob.removed_profiles.exists()


@pytest.mark.parametrize("decision", ["suspend", "ban"])
def test_overturned_a_suspension_ends(alice, bob, decision):
    until = timezone.now() + 30 * DAY if decision == "suspend" else None
    appeal = appealed(report(alice, bob).case, decision, until=until)
    assert log_in(bob).status_code == 403

    overturn(appeal)

    assert log_in(bob).status_code == 200


@pytest.mark.parametrize(("other", "left"), [("suspend", "suspended"), ("ban", "banned"), ("warn", "active")])
def test_what_another_decision_demands_stays(alice, bob, other, left):
    until = timezone.now() + 3 * DAY
    appeal = appealed(report(alice, bob).case, "suspend", until=until + DAY)
    decide(CaseFactory(target_owner=bob), other, until=until if other == "suspend" else None)

    overturn(appeal)

    bob.refresh_from_db()
    assert bob.state == left
    if other == "suspend":
        assert bob.suspended_until == until


def test_what_was_taken_down_twice_stays_so(alice, bob):
    story = StoryFactory(user=bob)
    appeal = appealed(report(alice, story).case, "remove")
    decide(CaseFactory(target_owner=bob, target_type="story", target_id=story.pk), "remove")

    overturn(appeal)

    assert not Story.objects.live().exists()


def test_what_is_deleted_by_now_does_not_come_back(alice, bob):
    story = StoryFactory(user=bob)
    appeal = appealed(report(alice, story).case, "remove")
    story.delete()

    overturn(appeal)

    assert Appeal.objects.get().status == "overturned"


def test_upheld_nothing_changes(alice, bob):
    appeal = appealed(report(alice, bob).case, "ban")

    decide_appeal(appeal=appeal, by=boss(), overturn=False, note="")

    bob.refresh_from_db()
    assert (bob.state, mails_to(bob)) == ("banned", ["case_decided", "appeal_decided"])


def test_not_by_who_made_the_decision_not_even_a_superuser(alice, bob):
    judge = boss()
    appeal = appealed(report(alice, bob).case, "warn", by=judge)

    assert [refused(appeal, judge, overturn) for overturn in (True, False)] == ["own_decision"] * 2
    assert Appeal.objects.get().is_open


def test_not_by_who_appeals(alice):
    colleague = boss()
    appeal = appealed(report(alice, colleague).case, "warn")

    assert refused(appeal, colleague) == "own_case"


@pytest.mark.parametrize(
    ("permissions", "decision", "allowed"),
    [
        ([], "warn", True),
        ([], "remove", False),
        (["social.moderate_story"], "remove", True),
        (["accounts.suspend_user"], "ban", False),
        (["accounts.suspend_user", "moderation.suspend_long"], "ban", True),
    ],
)
def test_who_takes_back_could_have_decided(alice, bob, permissions, decision, allowed):
    appeal, by = appealed(report(alice, StoryFactory(user=bob)).case, decision), moderator(*permissions)

    if allowed:
        overturn(appeal, by)
    else:
        assert refused(appeal, by) == "permission_denied"
        decide_appeal(appeal=appeal, by=by, overturn=False, note="")
    assert not Appeal.objects.get().is_open


def test_whoever_may_not_moderate_decides_nothing(alice, bob):
    assert refused(appealed(report(alice, bob).case, "warn"), alice) == "permission_denied"


def test_only_a_superuser_decides_about_a_colleague(alice):
    appeal = appealed(report(alice, StaffFactory()).case, "warn")

    assert refused(appeal, StaffFactory()) == "permission_denied"


def test_it_is_decided_once(alice, bob):
    appeal = appealed(report(alice, bob).case, "warn")
    overturn(appeal)

    assert refused(Appeal.objects.get(), boss(), overturn=False) == "already_decided"


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_decides(alice, bob):
    appeal = appealed(report(alice, bob).case, "ban")

    def attempt(by: User, overturned: bool) -> str:
        try:
            decide_appeal(appeal=Appeal.objects.get(pk=appeal.pk), by=by, overturn=overturned, note="")
        except DomainError as error:
            return error.code
        return "done"

    people = [boss(), boss()]
    outcomes = together(lambda: attempt(people[0], True), lambda: attempt(people[1], False))

    assert sorted(outcomes) == ["already_decided", "done"]
    bob.refresh_from_db()
    assert (bob.state == "active") == (Appeal.objects.get().status == "overturned")
