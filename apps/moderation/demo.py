"""What moderators of the demo network have decided, and what waits for them."""

from datetime import timedelta
from typing import TYPE_CHECKING

from apps.accounts.models import User
from apps.core.declarations import Scene
from apps.moderation.models import Case, Report
from apps.moderation.schemas import ReportIn
from apps.moderation.services import appeal, decide_appeal, decide_case, report
from apps.notifications.models import Notification
from apps.social.models import StoryView

if TYPE_CHECKING:
    from apps.demo.world import World

MORE = [("spam", "This is an advertisement."), ("inappropriate", "")]
"""What others say of a story that somebody has reported before."""


def judge(world: "World") -> None:
    """Several reports of one story, and decisions about three people, of whom two appeal."""
    report_again(world)
    moderator, senior = moderators(world)
    if moderator is None or senior is None:
        return
    if case := next_case(world, Case.Target.USER):
        decide_case(case=case, by=moderator, decisions=["warn"], reason="Pictures of others need their consent.")
        appeal(case=case, person=owner_of(case), text="They are of me: I have cut my hair since then.")
    if case := next_case(world, Case.Target.STORY):
        decide_case(case=case, by=moderator, decisions=["remove"], reason="Somebody else's work, without their name.")
        made = appeal(case=case, person=owner_of(case), text="It is mine: my name is in the corner.")
        decide_appeal(appeal=made, by=senior, overturn=True, note="The name is there, very small.")
    if case := next_case(world, Case.Target.USER):
        until = world.now + timedelta(days=5)
        decide_case(case=case, by=moderator, decisions=["suspend"], reason="Price lists to strangers.", until=until)
    now = {"created_at": world.now, "updated_at": world.now}
    Notification.objects.filter(created_at__gt=world.now).update(**now)  # the building has taken its time


def moderators(world: "World") -> tuple[User | None, User | None]:
    """One who decides, and one who decides about appeals."""
    needed = ["moderation.moderate_report", "accounts.suspend_user", "social.moderate_story"]
    colleagues = [person.user for person in world.people if not person.is_member]
    able = (user for user in colleagues if not user.is_superuser and all(map(user.has_perm, needed)))
    return next(able, None), next((user for user in colleagues if user.is_superuser), None)


def next_case(world: "World", kind: Case.Target) -> Case | None:
    """With one report, and about nobody whom one can sign in as."""
    known = [person.user.pk for person in world.people if person.login]
    cases = Case.objects.open().filter(target_type=kind, reports_count=1).exclude(target_owner__in=known)
    return cases.select_related("target_owner__user_type").order_by("pk").first()


def owner_of(case: Case) -> User:
    return User.objects.get(cases=case)


def report_again(world: "World") -> None:
    """By others who have seen the story that was reported first."""
    case = Case.objects.open().filter(target_type=Case.Target.STORY).order_by("pk").first()
    if case is None:
        return
    views = StoryView.objects.filter(story=case.target_id, viewer__is_active=True).select_related("viewer")
    others = [view.viewer for view in views.exclude(viewer__reports_made__case=case).order_by("pk")]
    for viewer, (reason, details) in zip(others, MORE, strict=False):
        form = ReportIn(target_type=Case.Target.STORY, target_id=case.target_id, reason=reason, details=details)
        made = report(reporter=viewer, form=form)
        Report.objects.filter(pk=made.pk).update(created_at=world.between(case.created_at, world.now))


SCENES = [Scene(judge, order=200)]
