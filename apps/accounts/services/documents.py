"""Proofs of identity and business, and the blue tick they earn."""

import hashlib
import logging

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.errors import (
    AlreadyReviewed,
    DocumentPending,
    OwnDocument,
    ReasonRequired,
    VerificationRequired,
)
from apps.accounts.models import Document, User
from apps.accounts.schemas import DOCUMENT
from apps.core import audit
from apps.core.audit import Look
from apps.core.http.errors import PermissionDenied
from apps.core.http.links import API
from apps.core.media.storing import discarded_on_failure
from apps.core.media.uploads import Upload, accept
from apps.core.reading.viewer import Viewer
from apps.core.site_settings import site_settings
from apps.notifications.schemas import Redirect
from apps.notifications.services import notify

logger = logging.getLogger(__name__)


def upload_document(*, user: User, type: Document.Type, upload: Upload) -> Document:
    if user.documents.filter(type=type, status=Document.Status.PENDING).exists():
        raise DocumentPending
    content_type = accept(upload, DOCUMENT, by=user).kind
    document = Document(
        user=user, type=type, content_type=content_type, size=upload.size or 0, sha256=sha256_of(upload)
    )
    document.file.save("document", upload, save=False)
    with discarded_on_failure(document.file):
        try:
            with transaction.atomic():
                document.save()
        except IntegrityError as error:
            raise DocumentPending from error
    return document


def sha256_of(upload: Upload) -> str:
    digest = hashlib.sha256()
    for chunk in upload.chunks():
        digest.update(chunk)
    upload.seek(0)
    return digest.hexdigest()


@transaction.atomic
def review_document(*, document: Document, by: User, approve: bool, reason: str = "") -> None:
    """Decide a pending document, once. Approval gives the blue tick; a rejection keeps its reason."""
    reason = reason.strip()
    if not Document.objects.to_review_by(Viewer.of(by)).filter(pk=document.pk).exists():
        raise PermissionDenied
    if document.user_id == by.pk:
        raise OwnDocument
    if not approve and not reason:
        raise ReasonRequired
    pending = Document.objects.filter(pk=document.pk, status=Document.Status.PENDING)
    decision = Document.Status.APPROVED if approve else Document.Status.REJECTED
    if not pending.update(
        status=decision, reason="" if approve else reason, reviewed_at=timezone.now(), reviewed_by=by
    ):
        raise AlreadyReviewed
    document.refresh_from_db()
    if approve:
        User.objects.filter(pk=document.user_id).update(is_verified=True)
    audit.record(actor=by, action=f"document.{decision.value}", target=document, note=document.reason)
    notify(
        receiver=document.user,
        code=f"document_{decision}",
        actor=None,
        redirect=Redirect(kind="verification", id=document.pk, url=f"{API}/users/verify"),
        type=document.get_type_display().lower(),
        reason=document.reason.rstrip("."),
    )


def refuse_unverified(user: User) -> None:
    """Where the site asks for the blue tick, whoever lacks it may read, and no more."""
    if site_settings().require_verification and not user.is_verified:
        raise VerificationRequired


def look_at(*, document: Document, by: User) -> Look | None:
    """None for its owner; anybody else who sees a document is staff."""
    return None if document.user_id == by.pk else Look(by, "document.viewed", document)


def erase_old_documents() -> int:
    """Erase the files of documents decided long enough ago; their hashes and outcomes stay."""
    due = Document.objects.with_file().decided_before(site_settings().document_retention_days)
    return sum(erase_file(document) for document in due.iterator())


def erase_file(document: Document) -> bool:
    """The file first: as long as it may be there, its row names it, and the next run tries again."""
    try:
        document.file.storage.delete(str(document.file.name))
    except Exception:  # each storage has errors of its own
        logger.exception("The file of document %s could not be erased", document.pk)
        return False
    Document.objects.filter(pk=document.pk).update(file="")
    return True
