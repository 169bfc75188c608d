from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import User
from apps.core.http.errors import DomainError
from apps.core.models import AuditEntry
from apps.moderation.models import Case
from apps.moderation.services import decide_case
from apps.social.models import Story
from tests.accounts.colleagues import permission
from tests.client import ApiClient
from tests.factories import (
    CaseFactory,
    ConnectionFactory,
    EventFactory,
    MessageFactory,
    StaffFactory,
    StoryFactory,
    UserFactory,
)
from tests.moderation.people import boss, decide, log_in, mails_to, report, told
from tests.races import together

DAY = timedelta(days=1)
THANKS = ("report_decided", "Thank you. We have decided about what you reported.")


@pytest.fixture
def bob(alice) -> User:
    """Whom alice reports; they are connected."""
    return ConnectionFactory(sender=alice, receiver__username="bob", accepted=True).receiver


@pytest.fixture
def story(bob):
    return StoryFactory(user=bob, caption="Buy now")


def refused(case: Case, *decisions: str, by: User | None = None, reason: str = "Rude", **options) -> str:
    with pytest.raises(DomainError) as caught:
        decide_case(case=case, by=by or boss(), decisions=decisions, reason=reason, **options)
    assert Case.objects.get(pk=case.pk).is_open
    return caught.value.code


def moderator(*permissions: str) -> User:
    """Somebody with these permissions only."""
    person = UserFactory()
    person.user_permissions.set([permission(name) for name in ("moderation.moderate_report", *permissions)])
    return User.objects.get(pk=person.pk)


def test_it_is_written_into_the_case(alice, story):
    case, by = report(alice, story).case, boss()

    decide(case, "warn", "remove", by=by, reason=" Advertising. ")

    case = Case.objects.get()
    assert (case.status, case.decision, case.decisions) == ("decided", "removed", ["warn", "remove"])
    assert (case.reason, case.decided_by, case.until) == ("Advertising.", by, None)
    assert timezone.now() - case.decided_at < DAY
    assert AuditEntry.objects.values_list("actor", "note").get(action="case.removed") == (by.pk, "Advertising.")


@pytest.mark.parametrize(
    ("decisions", "words"),
    [
        (["warn"], [("account_warned", "You were warned: Advertising")]),
        (["remove"], [("content_removed", "Your story was removed: Advertising")]),
        (["ban"], [("account_suspended", "Your account is suspended until further notice: Advertising")]),
        (
            ["remove", "warn"],
            [
                ("account_warned", "You were warned: Advertising"),
                ("content_removed", "Your story was removed: Advertising"),
            ],
        ),
    ],
)
def test_both_sides_are_told(alice, bob, story, decisions, words):
    others = UserFactory()
    ConnectionFactory(sender=others, receiver=bob, accepted=True)
    mine, theirs = report(alice, story), report(others, story)

    decide(mine.case, *decisions, reason="Advertising")

    assert told(bob) == words
    assert mails_to(bob) == ["case_decided"]
    assert told(alice) == told(others) == [THANKS]
    redirect = alice.notifications.get().redirect_url
    assert (redirect, bob.notifications.first().redirect_url) == (f"/api/v1/reports/{mine.pk}",) * 2
    assert others.notifications.get().redirect_url == f"/api/v1/reports/{theirs.pk}"


def test_a_suspension_says_until_when(alice, bob):
    until = timezone.now() + 3 * DAY

    decide(report(alice, bob).case, "suspend", until=until)

    date = f"{until:%Y-%m-%d %H:%M} UTC"
    assert told(bob) == [("account_suspended", f"Your account is suspended until {date}: Against the rules")]
    bob.refresh_from_db()
    assert (bob.state, bob.suspended_until) == ("suspended", until)
    assert log_in(bob).status_code == 403


def test_a_ban_is_for_good(alice, bob):
    decide(report(alice, bob).case, "ban", "remove")

    bob.refresh_from_db()
    assert (bob.state, Case.objects.get().decision) == ("banned", "banned")


def test_dismissed_nothing_happens_and_the_person_hears_nothing(alice, bob, story):
    case = report(alice, story).case

    decide(case, "none", reason="")

    assert (case.decision, told(bob), mails_to(bob), told(alice)) == ("none", [], [], [THANKS])
    assert Story.objects.live().get() == story


@pytest.mark.parametrize("kind", ["story", "event", "message"])
def test_what_is_removed_is_hidden_and_not_deleted(alice, bob, kind):
    rows = {"story": (StoryFactory, {"user": bob}), "event": (EventFactory, {"host": bob})}
    factory, fields = rows.get(kind, (MessageFactory, {"sender": bob, "receiver": alice}))
    row = factory(**fields)

    decide(report(alice, row).case, "remove")

    row.refresh_from_db()
    assert row.removed_at


def test_of_a_person_picture_and_texts_are_removed(alice, bob):
    bob.profile.bio, bob.profile.website = "Buy now", "https://spam.example"
    bob.profile.save()

    decide(report(alice, bob).case, "remove")

    bob.profile.refresh_from_db()
    assert (bob.profile.bio, bob.profile.website, bob.removed_profiles.get().bio) == ("", "", "Buy now")
    assert told(bob) == [("content_removed", "Your profile was removed: Against the rules")]


@pytest.mark.parametrize("gone", ["deleted", "taken down before"])
def test_what_is_gone_by_now_can_be_decided_about(alice, bob, story, gone):
    case = report(alice, story).case
    if gone == "deleted":
        ApiClient(bob).delete(f"/stories/{story.pk}")
    else:
        Story.objects.update(removed_at=timezone.now())

    decide(case, "remove")

    assert Case.objects.get().decision == "removed"


@pytest.mark.parametrize(
    ("decisions", "code"),
    [
        ([], "validation_error"),
        (["fine"], "validation_error"),
        (["none", "warn"], "wrong_decisions"),
        (["suspend", "ban"], "wrong_decisions"),
        (["suspend"], "validation_error"),
    ],
)
def test_decisions_have_to_make_sense(alice, bob, decisions, code):
    assert refused(report(alice, bob).case, *decisions) == code


def test_a_suspension_lies_ahead(alice, bob):
    assert refused(report(alice, bob).case, "suspend", until=timezone.now()) == "validation_error"


def test_the_person_reads_a_reason(alice, bob):
    assert refused(report(alice, bob).case, "warn", reason=" ") == "reason_required"


def test_a_kind_without_a_room_cannot_be_removed(db):
    assert refused(CaseFactory(target_type="offer", target_id=1), "remove") == "nothing_to_remove"


@pytest.mark.parametrize(
    ("permissions", "decision", "days", "allowed"),
    [
        ([], "none", None, True),
        ([], "warn", None, True),
        ([], "remove", None, False),
        (["events.moderate_event"], "remove", None, False),
        (["social.moderate_story"], "remove", None, True),
        ([], "suspend", 1, False),
        (["accounts.suspend_user"], "suspend", 7, True),
        (["accounts.suspend_user"], "suspend", 8, False),
        (["accounts.suspend_user"], "ban", None, False),
        (["moderation.suspend_long"], "ban", None, False),
        (["accounts.suspend_user", "moderation.suspend_long"], "suspend", 8, True),
        (["accounts.suspend_user", "moderation.suspend_long"], "ban", None, True),
    ],
)
def test_what_it_takes(alice, story, permissions, decision, days, allowed):
    case, by = report(alice, story).case, moderator(*permissions)
    options = {"until": timezone.now() + days * DAY} if days else {}

    if allowed:
        decide(case, decision, by=by, **options)
        assert not Case.objects.get().is_open
    else:
        assert refused(case, decision, by=by, **options) == "permission_denied"


def test_whoever_may_not_moderate_decides_nothing(alice, story):
    case = report(alice, story).case

    assert refused(case, "none", by=UserFactory()) == "permission_denied"


def test_nobody_decides_about_themselves_not_even_a_superuser(alice):
    by = boss()

    assert refused(report(alice, by).case, "none", by=by) == "own_case"


@pytest.mark.parametrize("is_boss", [True, False])
def test_only_a_superuser_decides_about_a_colleague(alice, is_boss):
    case, by = report(alice, StaffFactory()).case, boss() if is_boss else StaffFactory()

    if is_boss:
        decide(case, "warn", by=by)
    else:
        assert refused(case, "warn", by=by) == "permission_denied"


def test_a_stale_decision_is_refused(alice, bob, story):
    case = report(alice, story).case
    stale = Case.objects.get()
    decide(case, "warn")

    with pytest.raises(DomainError) as caught:
        decide(stale, "ban")

    assert caught.value.code == "already_decided"
    assert (Case.objects.get().decision, told(bob)) == (
        "warned",
        [("account_warned", "You were warned: Against the rules")],
    )


def test_what_comes_after_it_is_another_case(alice, story):
    decide(report(alice, story).case, "none")

    again = report(alice, story)

    assert Case.objects.count() == 2
    assert again.case.is_open


def test_one_that_fails_leaves_everything_as_it_was(alice, bob, story):
    User.objects.filter(pk=bob.pk).update(is_active=False)
    case = CaseFactory(target_type="story", target_id=story.pk, target_owner=bob)

    assert refused(case, "remove", "ban") == "nothing_to_suspend"

    story.refresh_from_db()
    assert (story.removed_at, told(bob)) == (None, [])


# Several at once


@pytest.mark.django_db(transaction=True)
def test_of_two_moderators_at_once_one_decides(alice, bob, story):
    case = report(alice, story).case

    def attempt(decision: str) -> str:
        try:
            decide_case(case=Case.objects.get(pk=case.pk), by=people[decision], decisions=[decision], reason="Rude")
        except DomainError as error:
            return error.code
        return "done"

    people = {"remove": boss(), "warn": boss()}
    outcomes = together(lambda: attempt("remove"), lambda: attempt("warn"))

    assert sorted(outcomes) == ["already_decided", "done"]
    assert len(told(bob)) == 1
    assert AuditEntry.objects.filter(action__startswith="case.").count() == 1
    assert (Story.objects.get().removed_at is not None) == (Case.objects.get().decision == "removed")


@pytest.mark.django_db(transaction=True)
def test_a_report_meanwhile_joins_the_case_or_opens_another(alice, bob, story):
    case, by = report(alice, story).case, boss()
    carol = ConnectionFactory(sender=bob, accepted=True).receiver

    together(lambda: decide(case, "warn", by=by), lambda: report(carol, story))

    decided = Case.objects.decided().get()
    assert Case.objects.filter(status="open").count() + decided.reports.count() == 2
    assert told(carol) == ([THANKS] if decided.reports.count() == 2 else [])
    assert decided.reports_count == decided.reports.count()


@pytest.mark.django_db(transaction=True)
def test_reports_at_once_are_one_case(bob, story, stored_files):
    people = [ConnectionFactory(sender=bob, accepted=True).receiver for _ in range(4)]

    together(*[lambda person=person: report(person, story, "abuse") for person in people])

    case = Case.objects.get()
    assert (case.reports.count(), case.reports_count, case.severity, case.files.count()) == (4, 4, 12, 1)
    assert len(stored_files()) == 2


@pytest.mark.django_db(transaction=True)
def test_an_author_and_a_moderator_at_once_do_no_harm(alice, bob, story):
    case, by, client = report(alice, story).case, boss(), ApiClient(bob)

    together(lambda: decide(case, "remove", by=by), lambda: client.delete(f"/stories/{story.pk}"))

    assert not Story.objects.live().exists()
    assert Case.objects.get().decision == "removed"
