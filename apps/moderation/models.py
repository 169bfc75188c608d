import uuid
from typing import Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils import timezone

from apps.accounts.models import Taxonomy, User, has_permission
from apps.core.media.kinds import ATTACHMENTS
from apps.core.operations.storage import private_storage
from apps.core.reading.viewer import Viewer


class ReportQuerySet(models.QuerySet["Report"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """Moderators read all reports but those about themselves."""
        return self.filter(has_permission(viewer, "moderation.moderate_report")).exclude(target_owner=viewer.id)

    def open(self) -> Self:
        return self.filter(status=Report.Status.OPEN)

    def decided(self) -> Self:
        return self.exclude(status=Report.Status.OPEN)


class Report(models.Model):
    """Somebody says that something is wrong, and what it looked like then."""

    class Target(models.TextChoices):
        USER = "user"
        STORY = "story"
        EVENT = "event"
        MESSAGE = "message"
        OFFER = "offer"
        PROJECT = "project"

    class Status(models.TextChoices):
        OPEN = "open"

    reporter = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="reports_made")
    target_type = models.CharField(max_length=20, choices=Target)
    target_id = models.PositiveBigIntegerField()
    target_owner = models.ForeignKey(
        User,
        null=True,
        db_index=False,
        on_delete=models.SET_NULL,
        related_name="reports_received",
        verbose_name="reported person",
    )
    reason = models.ForeignKey(Taxonomy, on_delete=models.PROTECT, related_name="+")
    details = models.TextField(max_length=2000, blank=True)
    snapshot = models.JSONField(default=dict, encoder=DjangoJSONEncoder, help_text="What it said when it was reported.")
    status = models.CharField(max_length=20, choices=Status, default=Status.OPEN)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ReportQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        permissions = [("moderate_report", "Can read reports")]
        constraints = [
            models.UniqueConstraint(
                fields=["reporter", "target_type", "target_id"],
                condition=Q(status="open"),
                name="one_open_report_per_reporter_and_target",
            ),
        ]
        indexes = [
            models.Index(fields=["status", "-id"], name="reports_by_status"),
            models.Index(fields=["target_type", "target_id"], name="reports_by_target"),
            models.Index(fields=["target_owner", "-id"], name="reports_by_owner"),
            models.Index(fields=["created_at"], name="reports_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.target_type} {self.target_id}"


def file_name(file: "ReportFile", filename: str) -> str:
    return f"reports/{uuid.uuid4().hex}{ATTACHMENTS[file.content_type]}"


class ReportFileQuerySet(models.QuerySet["ReportFile"]):
    def visible_to(self, viewer: Viewer) -> Self:
        return self.filter(report__in=Report.objects.visible_to(viewer))


class ReportFile(models.Model):
    """A copy of a file that was reported: it outlasts a story's day, and the deletion of what was reported."""

    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="files")
    file = models.FileField(storage=private_storage, upload_to=file_name)
    content_type = models.CharField(max_length=100)
    name = models.CharField(max_length=110)

    objects = ReportFileQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name
