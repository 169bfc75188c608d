"""Shapes of accounts, profiles and documents."""

from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Annotated, Literal, Self

import pycountry
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from pydantic import AfterValidator, AliasChoices, BeforeValidator, Field, StringConstraints, model_validator

from apps.accounts.addresses import MAX_ADDRESS, ascii_address
from apps.accounts.devices import device_or_unknown
from apps.accounts.models import Document, Export, LinkedLogin
from apps.accounts.models.profiles import categories_of_user, platforms_of_user
from apps.accounts.models.users import refuse_reserved
from apps.core.http.links import FileUrl, file_url, public_url
from apps.core.http.payload import File
from apps.core.http.schemas import AnyCase, Id, In, Integer, Line, LongText, Number, Out, Secret, Unique
from apps.core.media.kinds import DOCUMENTS, IMAGES
from apps.core.media.uploads import MEGABYTE, FileRules
from apps.core.reading.shapes import Annotation, Column, Computed, ForViewer, or_empty, or_null
from apps.core.reading.viewer import Viewer

AVATAR = FileRules(IMAGES, max_bytes=5 * MEGABYTE, job="square", options={"side": 512}, makes="image/webp")
DOCUMENT = FileRules(DOCUMENTS, max_bytes=10 * MEGABYTE, job="check")


def check_username(value: str) -> str:
    try:
        refuse_reserved(value)
    except ValidationError as error:
        raise ValueError(error.message) from error
    return value


def check_email(value: str) -> str:
    """The address as it is kept, wholly in ASCII, so that every database compares it in any case."""
    try:
        address = ascii_address(value)
        validate_email(address)
    except (ValidationError, ValueError) as error:
        raise ValueError("Enter a valid email address.") from error
    if not address.isascii() or len(address) > MAX_ADDRESS:
        raise ValueError("Enter a valid email address.")
    return address


check_web_address = URLValidator(schemes=["http", "https"])


def check_url(value: str) -> str:
    try:
        check_web_address(value)
    except ValidationError as error:
        raise ValueError("Enter a valid URL.") from error
    return value


def check_phone(value: str) -> str:
    digits = value.removeprefix("+")
    if not (digits.isascii() and digits.isdecimal() and 7 <= len(digits) <= 15):
        raise ValueError("Enter a valid phone number.")
    return value


def check_country(value: str) -> str:
    if not (len(value) == 2 and value.isascii()) or pycountry.countries.get(alpha_2=value.upper()) is None:
        raise ValueError(f'"{value}" is not a valid choice.')
    return value.upper()


@cache
def time_zones() -> frozenset[str]:
    """IANA's names; a system's folder of zones has others too."""
    return frozenset(files("tzdata").joinpath("zones").read_text().split()) - {"Factory"}


def check_timezone(value: str) -> str:
    if value not in time_zones():
        raise ValueError(f'"{value}" is not a valid choice.')
    return value


Username = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{3,50}$"), AfterValidator(check_username)]
Email = Annotated[Line, StringConstraints(max_length=MAX_ADDRESS), AfterValidator(check_email)]
Url = Annotated[Line, StringConstraints(max_length=200), AfterValidator(check_url)]
Phone = Annotated[Line, AfterValidator(check_phone)]
Country = Annotated[Line, AfterValidator(check_country)]
TimeZone = Annotated[Line, AfterValidator(check_timezone)]
Name = Annotated[Line, StringConstraints(max_length=150)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,50}$"), AnyCase]
IdOrSlug = Annotated[Slug, BeforeValidator(lambda value: str(value) if type(value) is int else value)]


class UserTypeOut(Out):
    id: int
    name: str
    slug: str


class RegisterIn(In):
    username: Username
    email: Email
    password: Secret
    user_type_id: Id | None = None
    role: Slug | None = None
    user_type: IdOrSlug | None = None
    phone: Phone | None = Field(None, validation_alias=AliasChoices("phone", "phone_number"))
    first_name: Name = ""
    last_name: Name = ""
    country: Country | None = None

    @model_validator(mode="after")
    def _one_type(self) -> Self:
        if len(self._types_sent()) > 1:
            raise ValueError("Send only one of user_type_id, role and user_type.")
        return self

    def _types_sent(self) -> list[tuple[str, str]]:
        names = ("user_type_id", "role", "user_type")
        return [(name, str(value)) for name in names if (value := getattr(self, name)) is not None]

    def chosen_type(self) -> tuple[str, str] | None:
        """The field in which the type was sent, and what it says: an id or a name."""
        return next(iter(self._types_sent()), None)


class RegisteredOut(Out):
    id: int
    username: str
    email: str
    role: str
    is_active: bool


LoginName = Annotated[Line, StringConstraints(min_length=1, max_length=MAX_ADDRESS)]


class LoginIn(In):
    """`otp` is a code of the authenticator app or a backup code, where two-step login is on."""

    username: LoginName = Field(validation_alias=AliasChoices("username", "email"))
    password: Secret
    otp: Secret | None = None


class CookieLoginIn(In):
    """`otp` is a code of the authenticator app or a backup code, where two-step login is on."""

    email: LoginName = Field(validation_alias=AliasChoices("email", "username"))
    password: Secret
    otp: Secret | None = None


class SecondStepIn(In):
    """Of the page that asks for the code."""

    token: Secret
    otp: Secret | None = None


class OtpIn(In):
    otp: Secret


class MfaOut(Out):
    enabled: bool
    backup_codes_left: int


class EnrolmentOut(Out):
    """Three times the same: to be typed, to be opened on a phone, to be scanned."""

    secret: str
    otpauth_uri: str
    qr_svg: str


class BackupCodesOut(Out):
    """Shown this once; each works once."""

    backup_codes: list[str]


class CookieLoginOut(Out):
    email: str
    user_id: int


class CsrfOut(Out):
    csrfToken: str  # noqa: N815  # its documented name


class RefreshIn(In):
    refresh: Secret | None = None


class VerifyEmailIn(In):
    token: Secret


class ForgotPasswordIn(In):
    email: Email


class ResetPasswordIn(In):
    """By the link of the mail, or by its code."""

    token: Secret | None = None
    email: Email | None = None
    otp: Secret | None = None
    password: Secret

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if (self.token is None) == (self.email is None or self.otp is None):
            raise ValueError("Send either token, or email and otp.")
        return self


class ChangePasswordIn(In):
    current_password: Secret = Field(validation_alias=AliasChoices("current_password", "old_password"))
    new_password: Secret


class ChangeEmailIn(In):
    email: Email
    password: Secret | None = None


class ProofIn(In):
    """What a provider gave a client: a token, or the code that came back to `redirect_uri`."""

    access_token: Secret | None = Field(None, validation_alias=AliasChoices("access_token", "token"))
    id_token: Secret | None = None
    nonce: Secret | None = Field(None, description="What the client asked the provider to put into the ID token.")
    code: Secret | None = None
    redirect_uri: Secret | None = None
    code_verifier: Secret | None = None

    @model_validator(mode="after")
    def _one_proof(self) -> Self:
        if [self.access_token, self.id_token, self.code].count(None) != 2:
            raise ValueError("Send either access_token, id_token or code.")
        if (self.code is None) != (self.redirect_uri is None):
            raise ValueError("Send redirect_uri with a code.")
        return self


class OAuthIn(ProofIn):
    """The last three are for a new account: `email` where the provider tells of none that it has verified."""

    provider: Annotated[LinkedLogin.Provider, AnyCase]
    otp: Secret | None = None
    role: Slug | None = Field(None, validation_alias=AliasChoices("role", "user_type"))
    country: Country | None = None
    email: Email | None = None


class LinkedLoginOut(Out):
    provider: LinkedLogin.Provider
    linked_at: datetime


class TokensOut(Out):
    access: str
    refresh: str
    expires_in: int


class SessionOut(Out):
    """A device that is signed in; `current` is the one that asks."""

    id: int
    user_agent: str
    device: Annotated[str, Computed(device_or_unknown, "device")]
    ip: str | None
    created_at: datetime
    last_used_at: datetime
    current: bool


class PlatformOut(Out):
    platform: str
    handle: str
    followers: int
    engagement_rate: float | None
    source: str


class PlatformIn(In):
    platform: Slug
    handle: Annotated[Line, StringConstraints(min_length=1, max_length=100)]
    followers: Integer = Field(0, ge=0, le=2**53)
    engagement_rate: Number | None = Field(None, ge=0, le=100, allow_inf_nan=False)


class ProfileFields(Out):
    """What everybody may see of a person."""

    id: int
    username: str
    role: Annotated[str, Column("user_type__slug")]
    is_verified: bool
    avatar: Annotated[str | None, Computed(public_url, "profile__avatar")]
    first_name: str
    last_name: str
    bio: Annotated[str, Column("profile__bio")]
    social_links: Annotated[dict[str, str], Column("profile__social_links")]
    business_category: Annotated[str | None, Computed(or_null, "profile__business_category")]
    website: Annotated[str | None, Computed(or_null, "profile__website")]
    country: Annotated[str | None, Computed(or_null, "profile__country")]
    city: Annotated[str | None, Computed(or_null, "profile__city")]
    languages: Annotated[list[str], Column("profile__languages")]
    categories: Annotated[list[str], Computed(or_empty, Annotation(categories_of_user()))]
    platforms: Annotated[list[PlatformOut], Computed(or_empty, Annotation(platforms_of_user()))]
    tier_level: Annotated[int, Column("profile__tier_level")]
    tier_name: Annotated[str, Column("profile__tier_name")]
    karma_score: Annotated[int, Column("profile__karma_score")]
    rating: Annotated[float | None, Column("profile__rating")]
    completed_collaborations: Annotated[int, Column("profile__completed_collaborations")]
    created_at: Annotated[datetime, Column("date_joined")]


class OwnProfileOut(ProfileFields):
    email: str
    email_verified: bool
    phone: Annotated[str | None, Computed(or_null, "profile__phone")]
    timezone: Annotated[str | None, Computed(or_null, "profile__timezone")]
    plan: Annotated[str, Column("profile__plan")]
    deletion_due_at: Annotated[datetime | None, Column("erasure__due_at")]
    last_login: datetime | None


class LoginOut(TokensOut):
    token_type: Literal["bearer"] = "bearer"  # noqa: S105  # not a secret
    user: OwnProfileOut


def check_platforms(platforms: list[PlatformIn]) -> list[PlatformIn]:
    if len({row.platform for row in platforms}) < len(platforms):
        raise ValueError("Name each platform once.")
    return platforms


class ProfileIn(In):
    """Every field may be left out; those where null is allowed are emptied by it."""

    first_name: Name = ""
    last_name: Name = ""
    bio: Annotated[LongText, StringConstraints(max_length=500)] = ""
    phone: Phone | None = Field(None, validation_alias=AliasChoices("phone", "phone_number"))
    social_links: Annotated[dict[Slug, Url], Field(max_length=20)] = {}
    business_category: Slug | None = None
    website: Url | None = None
    country: Country | None = None
    city: Annotated[Line, StringConstraints(max_length=100)] | None = None
    timezone: TimeZone | None = None
    languages: Annotated[list[Slug], Field(max_length=20), Unique] = []
    categories: Annotated[list[Slug], Field(max_length=20), Unique] = []
    platforms: Annotated[list[PlatformIn], Field(max_length=20), AfterValidator(check_platforms)] = []


class AvatarIn(In):
    file: Annotated[File, AVATAR]


class AvatarOut(Out):
    avatar: Annotated[str | None, Computed(public_url, "profile__avatar")]


def document_url(viewer: Viewer, document_id: int, file: str) -> FileUrl | None:
    """Where the viewer can open it during the next hour; None once it was erased."""
    return file_url("document", document_id, viewer.id) if file else None


class DocumentIn(In):
    type: Annotated[Document.Type, AnyCase] = Field(validation_alias=AliasChoices("type", "doc_type"))
    file: Annotated[File, DOCUMENT]


class UploadedDocumentOut(Out):
    id: int
    user: Annotated[int, Column("user_id")]
    type: Document.Type
    status: Document.Status


class DocumentOut(UploadedDocumentOut):
    reason: Annotated[str | None, Computed(or_null, "reason")]
    file_url: Annotated[FileUrl | None, ForViewer(document_url, "id", "file")]
    created_at: datetime
    reviewed_at: datetime | None


def export_url(viewer: Viewer, export_id: int, status: Export.Status) -> FileUrl | None:
    """Where its owner can fetch it during the next hour."""
    return file_url("export", export_id, viewer.id) if status == Export.Status.READY else None


class ExportOut(Out):
    status: Literal["none", "pending", "ready", "failed"]
    requested_at: datetime | None = None
    ready_at: datetime | None = None
    expires_at: datetime | None = None
    file_url: Annotated[FileUrl | None, ForViewer(export_url, "id", "status")] = None


class DeleteIn(In):
    """An account without a password sends none, and has signed in less than 15 minutes ago."""

    password: Secret = ""


class DeletionOut(Out):
    due_at: datetime
