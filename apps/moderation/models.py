import uuid
from typing import Any, Self

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from apps.accounts.models import Taxonomy, User, has_permission
from apps.core.http.links import API
from apps.core.media.kinds import ATTACHMENTS
from apps.core.operations.storage import private_storage
from apps.core.reading.viewer import Viewer


class CaseQuerySet(models.QuerySet["Case"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """Moderators see all cases but those about themselves."""
        return self.filter(has_permission(viewer, "moderation.moderate_report")).exclude(target_owner=viewer.id)

    def open(self) -> Self:
        return self.filter(status=Case.Status.OPEN)

    def decided(self) -> Self:
        return self.filter(status=Case.Status.DECIDED)

    def about(self, kind: str, target_id: int) -> Self:
        return self.filter(target_type=kind, target_id=target_id)

    def against(self, user_id: int | None) -> Self:
        """Those that ended with something that the person was told of; also what was taken back since."""
        return self.decided().filter(target_owner=user_id).exclude(decision=Case.Decision.NONE)

    def in_force(self) -> Self:
        """Not taken back."""
        return self.exclude(appeal__status=Appeal.Status.OVERTURNED)

    def with_people(self) -> Self:
        return self.select_related("target_owner__user_type", "target_owner__profile", "decided_by__profile")

    def worst_first(self) -> Self:
        """The most severe, and of those the oldest."""
        return self.order_by("-severity", "pk")


class Case(models.Model):
    """All that people report of one thing until it is decided, and what it looked like at the first report."""

    class Target(models.TextChoices):
        USER = "user"
        STORY = "story"
        EVENT = "event"
        MESSAGE = "message"
        OFFER = "offer"
        PROJECT = "project"

    class Status(models.TextChoices):
        OPEN = "open"
        DECIDED = "decided"

    class Decision(models.TextChoices):
        """From the mildest to the hardest."""

        NONE = "none"
        WARNED = "warned"
        REMOVED = "removed"
        SUSPENDED = "suspended"
        BANNED = "banned"

    target_type = models.CharField("kind", max_length=20, choices=Target)
    target_id = models.PositiveBigIntegerField()
    target_owner = models.ForeignKey(
        User,
        null=True,
        db_index=False,
        on_delete=models.SET_NULL,
        related_name="cases",
        verbose_name="reported person",
    )
    snapshot = models.JSONField(default=dict, encoder=DjangoJSONEncoder, help_text="What it said when it was reported.")
    reports_count = models.PositiveIntegerField("reports", default=0, help_text="Each person counts once.")
    severity = models.PositiveIntegerField(default=0, help_text="The sum of the severities of its reports' reasons.")
    status = models.CharField(max_length=20, choices=Status, default=Status.OPEN)
    decision = models.CharField(max_length=20, choices=Decision, blank=True, help_text="The hardest of its decisions.")
    decisions = models.JSONField(default=list)
    reason = models.TextField(blank=True, help_text="As the person decided about reads it.")
    until = models.DateTimeField(null=True, help_text="When the suspension ends.")
    decided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = CaseQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        permissions = [("suspend_long", "Can suspend people for more than a week, and for good")]
        constraints = [
            models.UniqueConstraint(
                fields=["target_type", "target_id"], condition=Q(status="open"), name="one_open_case_per_target"
            ),
            models.CheckConstraint(
                condition=Q(status="open", decision="", decided_at=None)
                | Q(~Q(decision=""), status="decided", decided_at__isnull=False),
                name="a_case_is_open_or_decided",
            ),
        ]
        indexes = [
            models.Index(fields=["-status", "-severity", "id"], name="cases_worst_first"),
            models.Index(fields=["target_type", "target_id"], name="cases_by_target"),
            models.Index(fields=["target_owner", "-id"], name="cases_by_owner"),
            models.Index(fields=["decision", "-id"], name="cases_by_decision"),
            models.Index(fields=["created_at"], name="cases_by_time"),
        ]

    def __str__(self) -> str:
        return f"{self.target_type} {self.target_id}"

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN


class ReportQuerySet(models.QuerySet["Report"]):
    def made_by(self, viewer: Viewer) -> Self:
        return self.filter(reporter=viewer.id)

    def visible_to(self, viewer: Viewer) -> Self:
        """Whoever made it; and the person decided about, once there is a decision that they were told of."""
        return self.filter(Q(reporter=viewer.id) | Q(case__in=Case.objects.against(viewer.id)))

    def open(self) -> Self:
        return self.filter(case__status=Case.Status.OPEN)

    def decided(self) -> Self:
        return self.filter(case__status=Case.Status.DECIDED)

    def hit_rates(self, reporter_ids: Any) -> dict[int | None, "HitRate"]:
        """Of these people, how many of their reports were decided, and how many of those led to something."""
        decided = self.decided().filter(reporter__in=reporter_ids).order_by()
        led = ~Q(case__decision=Case.Decision.NONE) & ~Q(case__appeal__status=Appeal.Status.OVERTURNED)
        counts = decided.values("reporter").annotate(decided=Count("pk"), hits=Count("pk", filter=led))
        return {row["reporter"]: (row["hits"], row["decided"]) for row in counts}


HitRate = tuple[int, int]
"""How many were right, of how many that were decided."""


class Report(models.Model):
    """Somebody says that something is wrong."""

    case = models.ForeignKey(Case, db_index=False, on_delete=models.CASCADE, related_name="reports")
    reporter = models.ForeignKey(
        User, null=True, db_index=False, on_delete=models.SET_NULL, related_name="reports_made"
    )
    reason = models.ForeignKey(Taxonomy, on_delete=models.PROTECT, related_name="+")
    details = models.TextField(max_length=2000, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = ReportQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        permissions = [("moderate_report", "Can read reports and decide cases")]
        constraints = [
            models.UniqueConstraint(fields=["case", "reporter"], name="one_report_per_reporter_and_case"),
        ]
        indexes = [models.Index(fields=["reporter", "-id"], name="reports_by_reporter")]

    def __str__(self) -> str:
        return f"#{self.pk} of {self.case}"

    @property
    def path(self) -> str:
        return f"{API}/reports/{self.pk}"


def file_name(file: "ReportFile", filename: str) -> str:
    return f"reports/{uuid.uuid4().hex}{ATTACHMENTS[file.content_type]}"


class ReportFileQuerySet(models.QuerySet["ReportFile"]):
    def visible_to(self, viewer: Viewer) -> Self:
        return self.filter(case__in=Case.objects.visible_to(viewer))


class ReportFile(models.Model):
    """A copy of a file that was reported: it outlasts a story's day, and the deletion of what was reported."""

    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="files")
    file = models.FileField(storage=private_storage, upload_to=file_name)
    content_type = models.CharField(max_length=100)
    name = models.CharField(max_length=110)

    objects = ReportFileQuerySet.as_manager()

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.name


class AppealQuerySet(models.QuerySet["Appeal"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """Moderators see all but their own."""
        return self.filter(case__in=Case.objects.visible_to(viewer)).exclude(person=viewer.id)

    def decidable_by(self, viewer: Viewer) -> Self:
        """Those of decisions that somebody else has made."""
        return self.visible_to(viewer).open().exclude(case__decided_by=viewer.id)

    def with_decidable(self, viewer: Viewer) -> Self:
        """Each with whether it is for `viewer` to decide."""
        return self.annotate(decidable=Exists(self.model.objects.decidable_by(viewer).filter(pk=OuterRef("pk"))))

    def open(self) -> Self:
        return self.filter(status=Appeal.Status.OPEN)

    def decided(self) -> Self:
        return self.exclude(status=Appeal.Status.OPEN)

    def in_full(self) -> Self:
        return self.select_related(
            "person__profile", "person__user_type", "decided_by__profile", "case__decided_by", "case__target_owner"
        )


class Appeal(models.Model):
    """Somebody wants a decision about them looked at again, by somebody else; once."""

    class Status(models.TextChoices):
        OPEN = "open"
        UPHELD = "upheld"
        OVERTURNED = "overturned"

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="appeal")
    person = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="appeals")
    text = models.TextField(max_length=2000)
    status = models.CharField(max_length=20, choices=Status, default=Status.OPEN)
    decided_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    note = models.TextField(blank=True, help_text="For colleagues only.")
    created_at = models.DateTimeField(default=timezone.now)
    decided_at = models.DateTimeField(null=True)

    decidable: bool
    """See `with_decidable`."""

    objects = AppealQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["status", "id"], name="appeals_by_status"),
            models.Index(fields=["created_at"], name="appeals_by_time"),
        ]

    def __str__(self) -> str:
        return f"about {self.case}"

    @property
    def is_open(self) -> bool:
        return self.status == self.Status.OPEN


def first_report(case: Case) -> Report | None:
    """Where the person decided about reads of it."""
    return case.reports.order_by("pk").first()
