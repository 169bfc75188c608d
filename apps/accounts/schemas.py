"""Shapes of accounts, profiles and documents."""

from datetime import datetime
from functools import cache
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

import pycountry
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator, validate_email
from pydantic import AfterValidator, AliasChoices, AliasPath, BeforeValidator, Field, StringConstraints, model_validator

from apps.accounts.models import Document
from apps.accounts.models.users import refuse_reserved
from apps.core.http.payload import File
from apps.core.http.schemas import AnyCase, Id, In, Integer, Number, OrNone, Out, Secret
from apps.core.media.kinds import DOCUMENTS, IMAGES
from apps.core.media.uploads import MEGABYTE, FileRules

AVATAR = FileRules(IMAGES, max_bytes=5 * MEGABYTE, job="square", options={"side": 512})
DOCUMENT = FileRules(DOCUMENTS, max_bytes=10 * MEGABYTE, job="check")


def check_username(value: str) -> str:
    try:
        refuse_reserved(value)
    except ValidationError as error:
        raise ValueError(error.message) from error
    return value


def check_email(value: str) -> str:
    try:
        validate_email(value)
    except ValidationError as error:
        raise ValueError("Enter a valid email address.") from error
    # SQLite compares only ASCII letters in any case, and a domain may have others.
    local, _, domain = value.rpartition("@")
    return f"{local}@{domain.lower()}"


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
    if len(value) != 2 or pycountry.countries.get(alpha_2=value.upper()) is None:
        raise ValueError(f'"{value}" is not a valid choice.')
    return value.upper()


time_zones = cache(available_timezones)  # reads a folder


def check_timezone(value: str) -> str:
    if value not in time_zones():
        raise ValueError(f'"{value}" is not a valid choice.')
    return value


Username = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{3,50}$"), AfterValidator(check_username)]
Email = Annotated[str, StringConstraints(max_length=254), AfterValidator(check_email)]
Url = Annotated[str, StringConstraints(max_length=200), AfterValidator(check_url)]
Phone = Annotated[str, AfterValidator(check_phone)]
Country = Annotated[str, AfterValidator(check_country)]
TimeZone = Annotated[str, AfterValidator(check_timezone)]
Name = Annotated[str, StringConstraints(max_length=150)]
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_-]{1,50}$"), AnyCase]
IdOrSlug = Annotated[Slug, BeforeValidator(lambda value: str(value) if type(value) is int else value)]


EmptyList = BeforeValidator(lambda value: [] if value is None else value)


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


LoginName = Annotated[str, StringConstraints(min_length=1, max_length=254)]


class LoginIn(In):
    username: LoginName = Field(validation_alias=AliasChoices("username", "email"))
    password: Secret


class CookieLoginIn(In):
    email: LoginName = Field(validation_alias=AliasChoices("email", "username"))
    password: Secret


class CookieLoginOut(Out):
    email: str
    user_id: int


class CsrfOut(Out):
    csrfToken: str  # noqa: N815  # its documented name


class RefreshIn(In):
    refresh: Secret | None = None


class TokensOut(Out):
    access: str
    refresh: str
    expires_in: int


class PlatformOut(Out):
    platform: str
    handle: str
    followers: int
    engagement_rate: float | None
    source: str


class PlatformIn(In):
    platform: Slug
    handle: Annotated[str, StringConstraints(min_length=1, max_length=100)]
    followers: Integer = Field(0, ge=0, le=2**53)
    engagement_rate: Number | None = Field(None, ge=0, le=100, allow_inf_nan=False)


class ProfileFields(Out):
    """What everybody may see of a person."""

    id: int
    username: str
    role: str
    is_verified: bool
    avatar: str | None
    first_name: str
    last_name: str
    bio: str = Field(validation_alias=AliasPath("profile", "bio"))
    social_links: dict[str, str] = Field(validation_alias=AliasPath("profile", "social_links"))
    business_category: Annotated[str | None, OrNone] = Field(validation_alias=AliasPath("profile", "business_category"))
    website: Annotated[str | None, OrNone] = Field(validation_alias=AliasPath("profile", "website"))
    country: Annotated[str | None, OrNone] = Field(validation_alias=AliasPath("profile", "country"))
    city: Annotated[str | None, OrNone] = Field(validation_alias=AliasPath("profile", "city"))
    languages: list[str] = Field(validation_alias=AliasPath("profile", "languages"))
    categories: Annotated[list[str], EmptyList]
    platforms: Annotated[list[PlatformOut], EmptyList]
    tier_level: int = Field(validation_alias=AliasPath("profile", "tier_level"))
    tier_name: str = Field(validation_alias=AliasPath("profile", "tier_name"))
    karma_score: int = Field(validation_alias=AliasPath("profile", "karma_score"))
    rating: float | None = Field(validation_alias=AliasPath("profile", "rating"))
    completed_collaborations: int = Field(validation_alias=AliasPath("profile", "completed_collaborations"))
    created_at: datetime = Field(validation_alias="date_joined")


class OwnProfileOut(ProfileFields):
    email: str
    email_verified: bool
    phone: Annotated[str | None, OrNone] = Field(validation_alias=AliasPath("profile", "phone"))
    timezone: Annotated[str | None, OrNone] = Field(validation_alias=AliasPath("profile", "timezone"))
    plan: str = Field(validation_alias=AliasPath("profile", "plan"))
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
    bio: Annotated[str, StringConstraints(max_length=500)] = ""
    phone: Phone | None = Field(None, validation_alias=AliasChoices("phone", "phone_number"))
    social_links: Annotated[dict[Slug, Url], Field(max_length=20)] = {}
    business_category: Slug | None = None
    website: Url | None = None
    country: Country | None = None
    city: Annotated[str, StringConstraints(max_length=100)] | None = None
    timezone: TimeZone | None = None
    languages: Annotated[list[Slug], Field(max_length=20)] = []
    categories: Annotated[list[Slug], Field(max_length=20)] = []
    platforms: Annotated[list[PlatformIn], Field(max_length=20), AfterValidator(check_platforms)] = []


class AvatarIn(In):
    file: Annotated[File, AVATAR]


class AvatarOut(Out):
    avatar: str | None


class DocumentIn(In):
    type: Annotated[Document.Type, AnyCase] = Field(validation_alias=AliasChoices("type", "doc_type"))
    file: Annotated[File, DOCUMENT]


class UploadedDocumentOut(Out):
    id: int
    user: int = Field(validation_alias="user_id")
    type: Document.Type
    status: Document.Status


class DocumentOut(UploadedDocumentOut):
    reason: Annotated[str | None, OrNone]
    file_url: str | None
    created_at: datetime
    reviewed_at: datetime | None
