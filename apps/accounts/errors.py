from apps.core.errors import DomainError, InvalidToken, NotAuthenticated, PermissionDenied


class BadCredentials(NotAuthenticated):
    code = "bad_credentials"
    detail = "No active account found with the given credentials"


class AccountInactive(DomainError):
    status = 403
    code = "account_inactive"
    detail = "Your account is inactive. Please contact support."


class TokenReused(InvalidToken):
    """A refresh token was used twice: one of the two users has stolen it."""

    code = "token_reused"


class DocumentPending(DomainError):
    code = "document_pending"
    detail = "You already have a pending document of this type."
    field = "type"


class AlreadyReviewed(DomainError):
    code = "already_reviewed"
    detail = "This document was already reviewed."


class OwnDocument(DomainError):
    code = "own_document"
    detail = "You cannot review your own document."


class ReasonRequired(DomainError):
    code = "reason_required"
    detail = "This field is required."
    field = "reason"


class VerificationRequired(PermissionDenied):
    code = "verification_required"
    detail = "Please verify your account first."
