import uuid
from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from apps.accounts.models import User, there_for
from apps.core.http.links import file_url
from apps.core.media.kinds import STORY_MEDIA
from apps.core.operations.storage import private_storage
from apps.core.reading.compiled import compiled_columns
from apps.core.reading.people import person_columns
from apps.social.models.connections import connected_ids


def story_name(story: "Story", filename: str) -> str:
    return f"stories/{uuid.uuid4().hex}{STORY_MEDIA[story.content_type]}"


class StoryQuerySet(models.QuerySet["Story"]):
    def live(self, now: datetime | None = None) -> Self:
        """Not expired, to the second, whatever the clean-up job has done yet."""
        return self.filter(expires_at__gt=now or timezone.now(), user__is_active=True)

    def expired(self) -> Self:
        return self.filter(expires_at__lte=timezone.now())

    def shown_to(self, viewer: User) -> Self:
        """One's own and those of one's connections."""
        return self.live().filter(Q(user=viewer) | Q(user__in=connected_ids(viewer)))

    def visible_to(self, viewer: User) -> Self:
        """The only definition of who may read a story: those it is shown to, and moderators."""
        return self.live() if viewer.has_perm("social.moderate_story") else self.shown_to(viewer)

    def own(self, author: User) -> Self:
        """One's own living stories, newest first, with their `views_count`."""
        return self.live().filter(user=author).with_views_count().select_related("user").order_by("-pk")

    def with_views_count(self) -> Self:
        return self.annotate(views_count=Count("views"))


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

    objects = StoryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "stories"
        permissions = [("moderate_story", "Can see and take down anybody's stories")]
        indexes = [
            models.Index(fields=["user", "expires_at", "-id"], name="stories_by_author"),
            models.Index(fields=["expires_at"], name="stories_by_expiry"),
        ]

    def __str__(self) -> str:
        return self.caption or f"{self.media_type} of {self.user}"

    @property
    def content_url(self) -> str:
        """For its author."""
        return file_url("story", self.pk, self.user_id)


class StoryView(models.Model):
    story = models.ForeignKey(Story, db_index=False, on_delete=models.CASCADE, related_name="views")
    viewer = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["story", "viewer"], name="one_view_per_viewer")]
        indexes = [models.Index(fields=["story", "-created_at", "-viewer"], name="views_by_story")]

    def __str__(self) -> str:
        return f"{self.viewer_id} saw {self.story_id}"


@compiled_columns("id", "user__username", "caption", "media_type", "created_at", "expires_at", "seen")
def story_feed(viewer_id: int, now: datetime) -> StoryQuerySet:
    """The living stories of one's connections, newest first, for `schemas.story_item`."""
    viewer = User(pk=viewer_id)
    views = StoryView.objects.filter(story=OuterRef("pk"), viewer=viewer)
    return Story.objects.live(now).filter(user__in=connected_ids(viewer)).annotate(seen=Exists(views)).order_by("-pk")


@compiled_columns(*person_columns("viewer"), "created_at")
def viewer_list(story_id: int, author_id: int) -> QuerySet[StoryView]:
    """For `schemas.viewer_item`: whom of them the author can see, the latest first."""
    return StoryView.objects.filter(there_for(author_id, "viewer"), story=story_id).order_by("-created_at", "-viewer")
