import uuid
from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import Case, Count, ExpressionWrapper, F, Q, When
from django.utils import timezone

from apps.accounts.models.users import in_reach
from apps.core.media.kinds import DOCUMENTS
from apps.core.operations.storage import private_storage
from apps.core.reading.viewer import Viewer


def document_name(document: "Document", filename: str) -> str:
    return f"documents/{uuid.uuid4().hex}{DOCUMENTS[document.content_type]}"


REVIEW = "accounts.review_document"


def may_review(viewer: Viewer) -> Q:
    """Whether `viewer` may open and decide a document as staff do."""
    return in_reach(viewer, [REVIEW], "user__user_type")


class DocumentQuerySet(models.QuerySet["Document"]):
    def visible_to(self, viewer: Viewer) -> Self:
        """Whoever reviews documents sees those in their reach, everybody else their own."""
        return self.filter(Q(user=viewer.id) | may_review(viewer))

    def in_reach_of(self, viewer: Viewer) -> Self:
        """Those that are listed for `viewer`, of the staff; each with `may_review`."""
        mine = ExpressionWrapper(may_review(viewer), output_field=models.BooleanField())
        listed = in_reach(viewer, ["accounts.view_document", REVIEW], "user__user_type")
        return self.annotate(may_review=mine).filter(listed)

    def to_review_by(self, viewer: Viewer) -> Self:
        return self.filter(may_review(viewer))

    def with_file(self) -> Self:
        return self.exclude(file="")

    def pending(self) -> Self:
        return self.filter(status=Document.Status.PENDING)

    def pending_first(self) -> Self:
        """What waits longest first, then what was decided last."""
        waiting = Case(When(status=Document.Status.PENDING, then=0), default=1)
        return self.order_by(waiting, F("reviewed_at").desc(nulls_last=True), "created_at")

    def earlier_than(self, document: "Document") -> Self:
        """What the same person sent before."""
        return self.filter(user=document.user_id, pk__lt=document.pk)

    def same_file_as(self, document: "Document") -> Self:
        """What others sent with the very same content."""
        return self.filter(sha256=document.sha256).exclude(user=document.user_id)

    def count_by_status(self) -> dict[str, int]:
        return dict(self.order_by("status").values_list("status").annotate(count=Count("pk")))

    def decided_before(self, days: int) -> Self:
        return self.filter(reviewed_at__lt=timezone.now() - timedelta(days=days))


class Document(models.Model):
    """A proof of identity or business, for the blue tick."""

    class Type(models.TextChoices):
        IDENTITY = "identity"
        BUSINESS = "business"

    class Status(models.TextChoices):
        PENDING = "pending"
        APPROVED = "approved"
        REJECTED = "rejected"

    user = models.ForeignKey("accounts.User", on_delete=models.CASCADE, related_name="documents")
    type = models.CharField(max_length=20, choices=Type)
    status = models.CharField(max_length=20, choices=Status, default=Status.PENDING)
    file = models.FileField(storage=private_storage, upload_to=document_name, blank=True)
    content_type = models.CharField(max_length=50)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    reason = models.TextField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey(
        "accounts.User",
        null=True,
        blank=True,
        db_index=False,
        on_delete=models.SET_NULL,
        related_name="reviewed_documents",
    )

    objects = DocumentQuerySet.as_manager()

    class Meta:
        permissions = [("review_document", "Can see and decide documents")]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "type"], condition=Q(status="pending"), name="one_pending_document_per_type"
            ),
        ]
        indexes = [
            models.Index(fields=["status", "created_at"], name="documents_to_review"),
            models.Index(fields=["reviewed_at"], name="documents_by_decision"),
            models.Index(fields=["reviewed_by", "-reviewed_at"], name="documents_by_reviewer"),
            models.Index(fields=["sha256"], name="documents_by_content"),
        ]

    def __str__(self) -> str:
        return f"{self.type} of {self.user}"

    @property
    def kind_in_trail(self) -> str:
        """What the audit trail calls it."""
        return f"{self.type} document"
