from apps.core.http.errors import (
    Conflict,
    DomainError,
    InvalidToken,
    NotAuthenticated,
    PermissionDenied,
    Unavailable,
)


class BadCredentials(NotAuthenticated):
    code = "bad_credentials"
    detail = "No active account found with the given credentials"


class OtpRequired(NotAuthenticated):
    """The password was right, and a second step is on; with `token` pages come back to it, for five minutes."""

    code = "otp_required"
    detail = "Enter a code of your authenticator app, or a backup code."
    field = "otp"

    def __init__(self, token: str) -> None:
        self.token = token
        super().__init__()


class OtpInvalid(NotAuthenticated):
    code = "otp_invalid"
    detail = "This code is wrong, or was used before."
    field = "otp"


class WrongOtp(DomainError):
    """The same of somebody who is signed in."""

    code = OtpInvalid.code
    detail = OtpInvalid.detail
    field = OtpInvalid.field


class MfaEnabled(DomainError):
    code = "mfa_enabled"
    detail = "Two-step login is on already."


class MfaDisabled(DomainError):
    code = "mfa_disabled"
    detail = "Two-step login is off."


class AccountInactive(DomainError):
    status = 403
    code = "account_inactive"
    detail = "Your account is inactive. Please contact support."


class AccountDeactivated(DomainError):
    """Its owner has switched it off, and may switch it on again with the token that the refusal carries."""

    status = 403
    code = "account_deactivated"
    detail = "Your account is deactivated. You can reactivate it."

    def __init__(self, reactivate: str) -> None:
        self.reactivate = reactivate
        super().__init__()

    def envelope(self) -> dict[str, object]:
        return super().envelope() | {"reactivate": self.reactivate}


class NotAway(DomainError):
    code = "not_away"
    detail = "This person is not away any more."


class NothingToSuspend(DomainError):
    code = "nothing_to_suspend"
    detail = "This account is switched off, or was erased."


class WrongPassword(DomainError):
    code = "wrong_password"
    detail = "The password is not correct."
    field = "password"


class WrongOldPassword(WrongPassword):
    detail = "Old password is not correct"
    field = "current_password"


class BadCode(DomainError):
    code = "bad_code"
    detail = "Invalid or expired code."
    field = "otp"


class AlreadyVerified(DomainError):
    code = "already_verified"
    detail = "Your email address is verified already."


class RecentLoginRequired(DomainError):
    """For accounts without a password."""

    code = "recent_login_required"
    detail = "Please sign in again first."


class TokenReused(InvalidToken):
    """A refresh token was used twice: one of the two users has stolen it."""

    code = "token_reused"


class StaffAccount(DomainError):
    """With it would go who did what; a superuser takes their power away first."""

    code = "staff_account"
    detail = "Accounts of staff cannot be deleted. Please ask a superuser first."


class OwnPower(PermissionDenied):
    code = "own_power"
    detail = "Nobody changes what they may do themselves. Please ask a superuser."


class AboveYou(PermissionDenied):
    code = "above_you"
    detail = "It is, or would be, more than you may do yourself. Please ask a superuser."


class ProtectedRole(Conflict):
    code = "protected_group"
    detail = "This group is protected: it cannot be deleted, nor left without anything it may do."


class ChangedMeanwhile(Conflict):
    code = "changed_meanwhile"
    detail = "Somebody changed it while you did. What you typed is kept: compare it with what is there, and save again."


class StaffTypeGivesNothing(DomainError):
    code = "staff_type"
    detail = "What staff may do is given to them by groups."


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


class ProviderNotConfigured(DomainError):
    code = "provider_not_configured"
    detail = "Signing in with this provider is not possible here."
    field = "provider"


class ProviderRefused(DomainError):
    """Its token or code is wrong, old, used, or was made for another app."""

    code = "provider_refused"
    detail = "The provider did not confirm this login. Please start again."


class ProviderDown(Unavailable):
    code = "provider_down"
    detail = "The provider does not answer at the moment. Please try again later."


class AddressTaken(DomainError):
    code = "email_taken"
    detail = "A user with that email already exists."
    field = "email"


class RedirectNotAllowed(DomainError):
    code = "redirect_uri_not_allowed"
    detail = "This address is not allowed."
    field = "redirect_uri"


class LinkedElsewhere(DomainError):
    code = "linked_elsewhere"
    detail = "Another account signs in with this."


class AlreadyLinked(DomainError):
    code = "already_linked"
    detail = "Another login of this provider is linked already. Unlink it first."


class LastWayIn(DomainError):
    code = "last_way_in"
    detail = "You have no other way to sign in. Choose a password first."
