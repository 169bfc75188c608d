"""Documents, as staff decide them."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.urls import reverse
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextareaWidget

from apps.accounts.models import Document, Taxonomy, User
from apps.accounts.services import documents
from apps.core import audit
from apps.core.http.auth import SignedInRequest
from apps.core.http.links import file_path
from apps.core.media.kinds import IMAGES
from apps.core.reading.viewer import Viewer
from apps.core.work import Choice, Fact, Summary, Work

APPROVE, REJECT = "approve", "reject"
CHOICES = [Choice(APPROVE, "Approve", "a"), Choice(REJECT, "Reject", "x")]


class ReviewForm(forms.Form):
    decision = forms.ChoiceField(
        choices=[(choice.value, choice.title) for choice in CHOICES], widget=UnfoldAdminRadioSelectWidget
    )
    reason = forms.CharField(
        required=False,
        max_length=500,
        widget=UnfoldAdminTextareaWidget({"rows": 4}),
        help_text="Needed to reject: the person reads it.",
    )


class DocumentWork(Work[Document]):
    slug = "documents"
    title = "Documents"
    permission = "accounts.review_document"
    order = 10
    form_class = ReviewForm
    choices = CHOICES
    evidence_template = "admin/accounts/document/evidence.html"

    def rows(self, viewer: User) -> QuerySet[Document]:
        in_reach = Document.objects.to_review_by(Viewer.of(viewer))
        return in_reach.select_related("user__profile", "user__user_type", "reviewed_by")

    def waiting(self, viewer: User) -> QuerySet[Document]:
        return self.rows(viewer).filter(status=Document.Status.PENDING).order_by("created_at")

    def done_by(self, viewer: User) -> QuerySet[Document]:
        return self.rows(viewer).filter(reviewed_by=viewer).order_by("-reviewed_at")

    def summary(self, row: Document) -> Summary:
        text = f"{row.get_type_display()} document by {row.user}"
        return Summary(text, row.user, row.reviewed_at or row.created_at)

    def outcome(self, row: Document) -> str:
        if row.status == Document.Status.PENDING:
            return ""
        by = row.reviewed_by or "a former colleague"
        return ". ".join(filter(None, [f"{row.get_status_display()} by {by}", row.reason]))

    def evidence(self, row: Document, request: SignedInRequest) -> dict[str, Any]:
        if row.file and (look := documents.look_at(document=row, by=request.user)):
            audit.record_look(look)
        return {
            "file_path": file_path("document", row.pk, request.user.pk) if row.file else None,
            "is_image": row.content_type in IMAGES,
        }

    def facts(self, row: Document) -> list[Fact]:
        """What they sent before, and who else sent the very same file."""
        earlier = Document.objects.earlier_than(row).count_by_status()
        others = Document.objects.same_file_as(row).select_related("user")
        before = ", ".join(f"{count} {status}" for status, count in earlier.items()) or "none"
        page = reverse("admin:accounts_document_changelist")
        link = f"{page}?user__id__exact={row.user_id}"
        facts = [Fact("Earlier documents", before, link, "accounts.view_document")]
        names = ", ".join(sorted({str(other.user) for other in others[:10]}))
        return [*facts, Fact("The same file", f"also sent by {names}")] if names else facts

    def presets(self) -> list[str]:
        reasons = Taxonomy.objects.offered(Taxonomy.Type.DOCUMENT_REASON)
        return list(reasons.values_list("value", flat=True))

    def decide(self, row: Document, *, by: User, cleaned: Mapping[str, Any]) -> str:
        approve = cleaned["decision"] == APPROVE
        documents.review_document(document=row, by=by, approve=approve, reason=cleaned["reason"])
        return f"{row.get_status_display()}: {row}."


WORK = [DocumentWork()]
