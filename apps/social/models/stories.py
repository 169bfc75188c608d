import uuid
from datetime import date, datetime
from typing import Self

from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from apps.accounts.models import User, has_permission, is_there, there_for
from apps.core.media.kinds import STORY_MEDIA
from apps.core.operations.storage import private_storage
from apps.core.reading.compiled import compiled
from apps.core.reading.days import KEPT, today
from apps.core.reading.viewer import Viewer
from apps.social.models.connections import connected_ids


def story_name(story: "Story", filename: str) -> str:
    return f"stories/{uuid.uuid4().hex}{STORY_MEDIA[story.content_type]}"


def is_shown_to(viewer: Viewer) -> Q:
    """What somebody sees of it who has no moderator's permission."""
    return Q(user=viewer.id) | Q(user__in=connected_ids(viewer.id))


def views_count() -> Coalesce:
    """How many have seen the story of the outer query."""
    views = StoryView.objects.filter(story=OuterRef("pk")).order_by().values("story")
    return Coalesce(Subquery(views.annotate(count=Count("*")).values("count")), 0)


def is_seen(viewer: Viewer) -> Exists:
    """Whether the viewer has seen the story of the outer query."""
    return Exists(StoryView.objects.filter(story=OuterRef("pk"), viewer=viewer.id))


class StoryQuerySet(models.QuerySet["Story"]):
    def live(self, now: datetime | None = None) -> Self:
        """Neither taken down nor expired, to the second, whatever the clean-up job has done yet."""
        return self.filter(is_there("user"), removed_at=None, expires_at__gt=now or timezone.now())

    def expired(self) -> Self:
        """What was taken down is kept for a while: it may come back."""
        return self.filter(removed_at=None, expires_at__lte=timezone.now())

    def kept(self) -> Self:
        """Those that no moderator took down."""
        return self.filter(removed_at=None)

    def removed(self) -> Self:
        return self.exclude(removed_at=None)

    def removed_before(self, moment: datetime) -> Self:
        return self.filter(removed_at__lt=moment)

    def shown_to(self, viewer: Viewer) -> Self:
        """One's own and those of one's connections."""
        return self.live().filter(is_shown_to(viewer))

    def visible_to(self, viewer: Viewer) -> Self:
        """The only definition of who may read a story: those it is shown to, and moderators."""
        return self.live().filter(is_shown_to(viewer) | has_permission(viewer, "social.moderate_story"))

    def own(self, viewer: Viewer) -> Self:
        """One's own living stories, newest first."""
        return self.live().filter(user=viewer.id).order_by("-pk")

    def with_views_count(self) -> Self:
        return self.annotate(views_count=views_count())


class Story(models.Model):
    """A picture or a film that is there for a day."""

    class MediaType(models.TextChoices):
        IMAGE = "image"
        VIDEO = "video"

    user = models.ForeignKey(User, db_index=False, on_delete=models.CASCADE, related_name="stories")
    media = models.FileField(storage=private_storage, upload_to=story_name)
    media_type = models.CharField(max_length=10, choices=MediaType)
    content_type = models.CharField(max_length=50)
    duration = models.FloatField(null=True, help_text="Seconds, where the file tells.")
    caption = models.CharField(max_length=500, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True, editable=False, help_text="When a moderator took it down.")

    objects = StoryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "stories"
        permissions = [("moderate_story", "Can see and take down anybody's stories")]
        indexes = [
            models.Index(fields=["user", "expires_at", "-id"], name="stories_by_author"),
            models.Index(fields=["expires_at"], name="stories_by_expiry"),
            models.Index(fields=["removed_at"], condition=Q(removed_at__isnull=False), name="stories_removed"),
        ]

    def __str__(self) -> str:
        return self.caption or f"{self.media_type} of {self.user}"


class StoryView(models.Model):
    story = models.ForeignKey(Story, db_index=False, on_delete=models.CASCADE, related_name="views")
    viewer = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["story", "viewer"], name="one_view_per_viewer")]
        indexes = [models.Index(fields=["story", "-created_at", "-viewer"], name="views_by_story")]

    def __str__(self) -> str:
        return f"{self.viewer_id} saw {self.story_id}"


class StoryDayQuerySet(models.QuerySet["StoryDay"]):
    def add(self, user_id: int, day: date, **numbers: int) -> None:
        self.bulk_create([StoryDay(user_id=user_id, day=day)], ignore_conflicts=True)
        self.filter(user=user_id, day=day).update(**{name: F(name) + number for name, number in numbers.items()})

    def old(self) -> Self:
        return self.filter(day__lt=today() - KEPT)


class StoryDay(models.Model):
    """What became of somebody's stories that are gone, by UTC: a story's row and its views live no longer than it."""

    user = models.ForeignKey(User, db_index=False, on_delete=models.CASCADE, related_name="+")
    day = models.DateField()
    views = models.PositiveIntegerField(default=0, help_text="On this day.")
    stories = models.PositiveIntegerField(default=0, help_text="Posted on this day.")
    seen = models.PositiveIntegerField(default=0, help_text="Views of those posted on this day, whenever that was.")
    audience = models.PositiveIntegerField(
        default=0, help_text="Connections who could have seen them, each as often as there were stories."
    )

    objects = StoryDayQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="one_story_day_per_author")]
        indexes = [models.Index(fields=["day"], name="story_days_by_day")]

    def __str__(self) -> str:
        return f"stories of {self.user_id} on {self.day}"


@compiled()
def story_feed(viewer: Viewer, now: datetime) -> StoryQuerySet:
    """The living stories of one's connections, newest first."""
    return Story.objects.live(now).filter(user__in=connected_ids(viewer.id)).order_by("-pk")


@compiled()
def viewer_list(story_id: int, author_id: int) -> QuerySet[StoryView]:
    """Whom of those who saw it the author can see, the latest first."""
    return StoryView.objects.filter(there_for(author_id, "viewer"), story=story_id).order_by("-created_at", "-viewer")
