import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Self

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import OuterRef, Subquery
from django.db.models.functions import JSONObject
from django.utils import timezone

from apps.core.operations.storage import private_storage
from apps.core.reading.aggregates import JSONList
from apps.core.reading.search import fold

if TYPE_CHECKING:
    from apps.accounts.models.users import User


def avatar_name(profile: "Profile", filename: str) -> str:
    return f"avatars/{uuid.uuid4().hex}.webp"


class Profile(models.Model):
    """What a person tells of themselves, and what the marketplace and the plans write about them."""

    user = models.OneToOneField("accounts.User", on_delete=models.CASCADE, related_name="profile")
    avatar = models.ImageField(upload_to=avatar_name, blank=True)
    bio = models.TextField(max_length=500, blank=True)
    phone = models.CharField(max_length=16, blank=True)
    website = models.URLField(blank=True)
    social_links = models.JSONField(default=dict, blank=True)
    business_category = models.CharField(max_length=50, blank=True)
    country = models.CharField(max_length=2, blank=True)
    city = models.CharField(max_length=100, blank=True)
    timezone = models.CharField(max_length=64, blank=True)
    languages = models.JSONField(default=list, blank=True)

    tier_level = models.PositiveSmallIntegerField(default=0)
    tier_name = models.CharField(max_length=50, default="Newbie")
    karma_score = models.IntegerField(default=0)
    rating = models.FloatField(null=True)
    completed_collaborations = models.PositiveIntegerField(default=0)
    plan = models.CharField(max_length=50, default="free")

    search_text = models.TextField(blank=True, editable=False)

    class Meta:
        indexes = [
            models.Index(fields=["country"], name="profile_by_country"),
            models.Index(fields=["timezone"], name="profile_by_timezone"),
            GinIndex(fields=["search_text"], name="profile_search", opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return self.user.username

    @staticmethod
    def searchable(user: "User", bio: str) -> str:
        """What people search looks through, folded."""
        return fold("\n".join([user.username, user.first_name, user.last_name, bio]))


def removed_avatar_name(removed: "RemovedProfile", filename: str) -> str:
    return f"removed/{uuid.uuid4().hex}.webp"


class RemovedProfileQuerySet(models.QuerySet["RemovedProfile"]):
    def of(self, user_id: int) -> Self:
        return self.filter(user=user_id)

    def removed_before(self, moment: datetime) -> Self:
        return self.filter(removed_at__lt=moment)


class RemovedProfile(models.Model):
    """What a moderator took off somebody's profile, until it comes back or is deleted; its picture is private."""

    TEXTS = ("bio", "website")

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="removed_profiles")
    avatar = models.FileField(storage=private_storage, upload_to=removed_avatar_name, blank=True)
    bio = models.TextField(blank=True)
    website = models.URLField(blank=True)
    social_links = models.JSONField(default=dict, blank=True)
    removed_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = RemovedProfileQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.user_id} at {self.removed_at:%Y-%m-%d %H:%M}"


class ProfilePlatform(models.Model):
    """An account elsewhere, with its reach."""

    profile = models.ForeignKey(Profile, db_index=False, on_delete=models.CASCADE, related_name="platform_rows")
    platform = models.CharField(max_length=50)
    handle = models.CharField(max_length=100)
    followers = models.PositiveBigIntegerField(default=0)
    engagement_rate = models.FloatField(null=True)
    source = models.CharField(max_length=20, default="self")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["profile", "platform"], name="one_row_per_platform")]
        indexes = [
            models.Index(fields=["platform", "followers"], name="platform_reach"),
            models.Index(fields=["followers"], name="reach_anywhere"),
        ]

    def __str__(self) -> str:
        return f"{self.handle} on {self.platform}"


class ProfileCategory(models.Model):
    profile = models.ForeignKey(Profile, db_index=False, on_delete=models.CASCADE, related_name="category_rows")
    slug = models.CharField(max_length=50)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["profile", "slug"], name="one_row_per_category")]
        indexes = [models.Index(fields=["slug"], name="profile_by_category")]

    def __str__(self) -> str:
        return self.slug


def categories_of_user() -> Subquery:
    """The categories of the user of the outer query."""
    rows = ProfileCategory.objects.filter(profile__user=OuterRef("pk")).order_by().values("profile")
    return Subquery(rows.annotate(list=JSONList("slug")).values("list"))


def platforms_of_user() -> Subquery:
    """The accounts elsewhere of the user of the outer query."""
    fields = ("platform", "handle", "followers", "engagement_rate", "source")
    rows = ProfilePlatform.objects.filter(profile__user=OuterRef("pk")).order_by().values("profile")
    return Subquery(rows.annotate(list=JSONList(JSONObject(**{name: name for name in fields}))).values("list"))
