"""Posting, seeing and ending stories."""

from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.models import User
from apps.accounts.services.documents import refuse_unverified
from apps.core import audit
from apps.core.audit import Look
from apps.core.http.errors import NotFound, PermissionDenied
from apps.core.http.idempotency import change_answers
from apps.core.media.kinds import PICTURES
from apps.core.media.storing import discarded_on_failure
from apps.core.media.uploads import Upload, accept
from apps.core.reading.days import by_day, count_by, today
from apps.core.reading.viewer import Viewer
from apps.social.models import Story, StoryDay, StoryView, connections_count
from apps.social.schemas import STORY_FILE

LIFETIME = timedelta(hours=24)


def post_story(*, user: User, upload: Upload, caption: str = "") -> Story:
    """There for a day from now. Pictures are encoded anew; films keep their bytes, less the location."""
    refuse_unverified(user)
    accepted = accept(upload, STORY_FILE, by=user, field="content_file")
    now = timezone.now()
    story = Story(
        user=user,
        content_type=accepted.kind,
        media_type=Story.MediaType.IMAGE if accepted.kind in PICTURES else Story.MediaType.VIDEO,
        duration=accepted.seconds,
        caption=caption,
        created_at=now,
        expires_at=now + LIFETIME,
    )
    story.media.save("story", upload, save=False)
    with discarded_on_failure(story.media), transaction.atomic():
        story.save()
    return story


def view_story(*, story: Story, viewer: User) -> None:
    """Counts once per viewer, and not for the author. A moderator's look is no view: the trail keeps it instead."""
    if story.user_id == viewer.pk:
        return
    if look := look_at(story=story, by=viewer):
        audit.record_look(look)
        return
    try:
        StoryView.objects.bulk_create([StoryView(story=story, viewer=viewer)], ignore_conflicts=True)
    except IntegrityError as error:  # the story went just now
        raise NotFound from error


def look_at(*, story: Story, by: User) -> Look | None:
    """A moderator's; None for those it is shown to."""
    if by.has_perm("social.moderate_story") and not Story.objects.shown_to(Viewer.of(by)).filter(pk=story.pk).exists():
        return Look(by, "story.viewed", story)
    return None


def delete_story(*, story: Story, by: User) -> None:
    """By its author for good, with the media file, after the commit; a moderator takes it down."""
    if story.user_id != by.pk:
        take_down_story(story=story, by=by)
    elif not remove(story):
        raise NotFound


@transaction.atomic
def take_down_story(*, story: Story, by: User) -> None:
    """Hidden from everybody; after a while it is deleted, unless it is restored."""
    if not by.has_perm("social.moderate_story"):
        raise PermissionDenied
    if not Story.objects.filter(pk=story.pk, removed_at=None).update(removed_at=timezone.now()):
        raise NotFound
    change_answers(story, {"caption": ""})
    audit.record(actor=by, action="story.taken_down", target=story)


@transaction.atomic
def restore_story(*, story: Story, by: User) -> None:
    """It gets the rest of its day."""
    if not by.has_perm("social.moderate_story"):
        raise PermissionDenied
    hidden = Story.objects.removed().select_for_update().filter(pk=story.pk).first()
    if hidden is None or hidden.removed_at is None:
        raise NotFound
    hidden.expires_at += timezone.now() - hidden.removed_at
    hidden.removed_at = None
    hidden.save(update_fields=["expires_at", "removed_at"])
    change_answers(hidden, {"caption": hidden.caption})
    audit.record(actor=by, action="story.restored", target=hidden)


def delete_removed(before: datetime, but: Collection[int]) -> None:
    """What was taken down before then and has not come back."""
    for story in Story.objects.removed_before(before).exclude(pk__in=but).iterator():
        remove(story)


def expire_stories() -> int:
    """Remove what has expired: rows, views and media. How many stories that were."""
    return sum(remove(story) for story in Story.objects.expired().iterator())


@transaction.atomic
def remove(story: Story) -> bool:
    """Whether it was still there. Locked first: a view that comes meanwhile finds no story, or goes with it."""
    still_there = Story.objects.select_for_update().filter(pk=story.pk).first()
    if still_there:
        keep_figures(still_there)
        change_answers(still_there, {"caption": ""})
        still_there.delete()
    return still_there is not None


def keep_figures(story: Story) -> None:
    """How often it was seen on which day, and of how many, outlasts it; by whom does not."""
    posted = story.created_at.date()
    views = by_day(count_by(story.views.all(), "created_at", posted, today()))
    seen = sum(views.values())
    audience = max(connections_count(story.user_id), seen)
    for day in sorted({posted, *views}):  # in order, for others of the same author may go at the same time
        of_posted = {"stories": 1, "seen": seen, "audience": audience} if day == posted else {}
        StoryDay.objects.add(story.user_id, day, views=views.get(day, 0), **of_posted)
