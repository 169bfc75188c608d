from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import reduce
from hashlib import sha256
from operator import or_
from typing import TYPE_CHECKING, Any, ClassVar, Self

from django.contrib.auth.models import AbstractUser, Group, Permission
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.db.models.functions import Lower, Now
from django.utils import timezone

from apps.accounts.addresses import address_key, ascii_address
from apps.accounts.models.blocks import Block, not_blocked
from apps.accounts.models.mfa import SecondFactor
from apps.accounts.models.profiles import Profile, ProfileCategory, ProfilePlatform
from apps.accounts.models.roles import StaffRole
from apps.core.reading.compiled import compiled
from apps.core.reading.search import words_in
from apps.core.reading.viewer import Viewer

if TYPE_CHECKING:
    from django_stubs_ext.db.models.manager import RelatedManager

models.CharField.register_lookup(Lower)
models.EmailField.register_lookup(Lower)

SEE_PEOPLE = ("accounts.view_user", "accounts.change_user")
RESERVED_NAMES = frozenset({"admin", "administrator", "avatar", "infloo", "root", "staff", "support", "system"})


def refuse_reserved(username: str) -> None:
    if username.lower() in RESERVED_NAMES:
        raise ValidationError("This username is not available.")


class ReservedUsernameQuerySet(models.QuerySet["ReservedUsername"]):
    def holds(self, username: str) -> bool:
        return self.filter(digest=digest_of(username)).exists()

    def reserve(self, username: str) -> None:
        self.get_or_create(digest=digest_of(username))


def digest_of(username: str) -> str:
    """Without a key, which might change one day."""
    return sha256(username.lower().encode()).hexdigest()


class ReservedUsername(models.Model):
    """Somebody had it who was erased, and nobody is to pass for them."""

    digest = models.CharField(max_length=64, primary_key=True, help_text="SHA-256 of the name in lower case.")

    objects = ReservedUsernameQuerySet.as_manager()

    def __str__(self) -> str:
        return self.digest


class UserTypeQuerySet(models.QuerySet["UserType"]):
    def open_to_all(self) -> Self:
        return self.filter(for_staff=False)

    def named(self, name: str) -> Self:
        return self.filter(Q(slug=name) | Q(alias=name)) if name else self.none()

    def in_reach_of(self, viewer: Viewer) -> Self:
        """Those whose people `viewer`, of the staff, may see."""
        return self.filter(in_reach(viewer, SEE_PEOPLE, "pk"))

    def with_counts(self) -> Self:
        """With how many people have it: all, those who are active, those with the blue tick."""
        active, verified = is_there("users"), Q(users__is_verified=True)
        return self.annotate(
            people=Count("users"), active=Count("users", filter=active), verified=Count("users", filter=verified)
        ).order_by("pk")


class UserType(models.Model):
    """A role. What its people may do is the permissions it carries, which staff edit."""

    name = models.CharField(max_length=50, unique=True)
    slug = models.SlugField(unique=True)
    alias = models.SlugField(blank=True, help_text="Another name by which registration knows this type.")
    for_staff = models.BooleanField(
        default=False, help_text="For people who work in the console: never self-registered, never listed."
    )
    permissions = models.ManyToManyField(Permission, blank=True, related_name="user_types")

    objects = UserTypeQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["alias"], condition=~Q(alias=""), name="one_type_per_alias"),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """A name leads to one type, whether it is a slug or an alias."""
        others = UserType.objects.exclude(pk=self.pk)
        taken = [name for name in ("slug", "alias") if others.named(getattr(self, name)).exists()]
        if taken:
            raise ValidationError(dict.fromkeys(taken, "Another user type is called so."))


def permissions_of(user_id: int, type_id: int) -> models.QuerySet[Permission]:
    """What is given to the person, their type or a group of theirs."""
    own = User.user_permissions.through.objects.filter(user=user_id)
    of_type = UserType.permissions.through.objects.filter(usertype=type_id)
    of_groups = Group.permissions.through.objects.filter(group__user=user_id)
    ways = [Q(pk__in=rows.values("permission")) for rows in (own, of_type, of_groups)]
    return Permission.objects.filter(reduce(or_, ways))


def has_permission(viewer: Viewer, permission: str) -> Q:
    """`user.has_perm(permission)` as a condition, asked where the rows are, without queries of its own."""
    if viewer.is_superuser:
        return Q(pk__isnull=False)
    if viewer.id is None or viewer.type_id is None:
        return Q(pk__isnull=True)
    app, codename = permission.split(".")
    given = permissions_of(viewer.id, viewer.type_id)
    return Q(Exists(given.filter(content_type__app_label=app, codename=codename)))


def in_reach(viewer: Viewer, permissions: Sequence[str], user_type: str) -> Q:
    """`has_permission` of any of these, about rows whose person is of the type to which the field `user_type` leads.

    Who has it only by groups that are limited to some types has it about those.
    """
    if viewer.is_superuser:
        return Q(pk__isnull=False)
    if viewer.id is None or viewer.type_id is None:
        return Q(pk__isnull=True)
    names = (permission.split(".") for permission in permissions)
    wanted = reduce(or_, (Q(permission__content_type__app_label=app, permission__codename=name) for app, name in names))
    limits = StaffRole.user_types.through.objects
    own = User.user_permissions.through.objects.filter(wanted, user=viewer.id)
    of_type = UserType.permissions.through.objects.filter(wanted, usertype=viewer.type_id)
    of_groups = Group.permissions.through.objects.filter(wanted, group__user=viewer.id)
    unlimited = of_groups.filter(~Exists(limits.filter(staffrole=OuterRef("group"))))
    types = limits.filter(staffrole__in=of_groups.values("group")).values("usertype")
    return Q(Exists(own)) | Q(Exists(of_type)) | Q(Exists(unlimited)) | Q(**{f"{user_type}__in": types})


def has_mfa() -> Exists:
    return Exists(SecondFactor.objects.on().filter(pk=OuterRef("pk")))


class UserQuerySet(models.QuerySet["User"]):
    @transaction.atomic
    def create_user(self, username: str, email: str, password: str | None = None, **fields: Any) -> "User":
        """With a profile: there is nobody without one."""
        user = self.model(username=username, email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save(using=self.db)
        Profile.objects.create(user=user, search_text=Profile.searchable(user, ""))
        return user

    def create_superuser(self, username: str, email: str, password: str | None = None, **fields: Any) -> "User":
        """For `manage.py createsuperuser`."""
        refuse_reserved(username)
        staff_type = UserType.objects.filter(for_staff=True).first()
        if staff_type is None:
            raise CommandError("There are no user types yet: run `manage.py seed` first.")
        if self.has_username(username) or self.with_login(email).exists():
            raise CommandError("That username or e-mail address is already taken.")
        return self.create_user(
            username, email, password, user_type=staff_type, is_staff=True, is_superuser=True, **fields
        )

    def normalize_email(self, email: str) -> str:
        """Django's user calls it when a form checks one."""
        try:
            return ascii_address(email)
        except ValueError:
            return email

    def get_by_natural_key(self, username: str) -> "User":
        return self.get(username=username, erased_at=None)

    def active(self, now: datetime | None = None) -> Self:
        """By the database's clock, or by ours, as `User.state` is."""
        return self.filter(is_there(now=now))

    def away(self) -> Self:
        """Who is not active; few are, and have an index."""
        is_kept = Q(suspended_until=None) | Q(suspended_until__gt=Now()) | Q(deactivated_at__isnull=False)
        return self.filter(is_kept, is_active=False)

    def suspended(self) -> Self:
        return self.filter(is_active=False, suspended_until__gt=Now())

    def active_among(self, user_ids: Iterable[int]) -> set[int]:
        return set(self.active().filter(pk__in=set(user_ids)).values_list("pk", flat=True))

    def in_state(self, state: "User.State") -> Self:
        off = self.filter(is_active=False, erased_at=None)
        match state:
            case User.State.ACTIVE:
                return self.active()
            case User.State.ERASED:
                return self.exclude(erased_at=None)
            case User.State.BANNED:
                return off.exclude(banned_at=None)
            case User.State.SUSPENDED:
                return self.suspended()
            case User.State.DEACTIVATED:
                by_their_wish = off.filter(banned_at=None, deactivated_at__isnull=False)
                return by_their_wish.filter(Q(suspended_until=None) | Q(suspended_until__lte=Now()))
            case User.State.SWITCHED_OFF:
                return off.filter(banned_at=None, deactivated_at=None, suspended_until=None)

    def there_at(self, moment: datetime) -> Self:
        """Who had joined by then, and was not erased yet."""
        return self.filter(Q(erased_at=None) | Q(erased_at__gt=moment), date_joined__lt=moment)

    def erased_since(self, moment: datetime) -> Self:
        return self.filter(is_active=False, erased_at__gt=moment)

    def listed(self) -> Self:
        return self.active().filter(user_type__for_staff=False)

    def visible_to(self, viewer: Viewer) -> Self:
        return self.there_for(viewer.id)

    def in_reach_of(self, viewer: Viewer, *permissions: str) -> Self:
        """Those about whom `viewer`, of the staff, has one of the permissions; without any named, whom they may see."""
        return self.filter(in_reach(viewer, permissions or SEE_PEOPLE, "user_type"))

    def there_for(self, person_id: Any) -> Self:
        """The only definition of who may see whom: blocked pairs do not exist for each other.

        `person_id` may be an expression.
        """
        return self.active().filter(not_blocked(person_id, "pk"))

    def blockable_by(self, person_id: int) -> Self:
        """Also those they blocked already; not those who blocked them, who do not exist for them."""
        return self.active().exclude(pk__in=Block.objects.filter(blocked=person_id).values("blocker"))

    def with_login(self, name: str) -> Self:
        """By username or e-mail address, in any case; an `@` tells them apart."""
        theirs = {"email__lower": address_key(name)} if "@" in name else {"username__lower": name.lower()}
        return self.filter(**theirs, erased_at=None)

    def has_username(self, name: str) -> bool:
        """Whether somebody has it, in any case, or had it once and was erased."""
        # In this order: it is reserved in the transaction in which the row loses it.
        return self.with_login(name).exists() or ReservedUsername.objects.holds(name)

    def matching(
        self,
        *,
        search: str | None = None,
        role: str | None = None,
        verified: bool | None = None,
        category: str | None = None,
        country: str | None = None,
        platform: str | None = None,
        min_followers: int | None = None,
    ) -> Self:
        """Those that meet every condition given; platform and followers mean the same account."""
        rows = self
        if search:
            rows = rows.filter(words_in("profile__search_text", search))
        if role:
            rows = rows.filter(user_type__in=UserType.objects.named(role))
        if verified is not None:
            rows = rows.filter(is_verified=verified)
        if category:
            rows = rows.filter(profile__in=ProfileCategory.objects.filter(slug=category).values("profile"))
        if country:
            rows = rows.filter(profile__country=country.upper() if country.isascii() else country)
        if platform or min_followers:
            reach = ProfilePlatform.objects.filter(followers__gte=min_followers or 0)
            rows = rows.filter(profile__in=(reach.filter(platform=platform) if platform else reach).values("profile"))
        return rows

    def with_mfa(self) -> Self:
        """Each with `has_mfa`: whether a second step is asked for."""
        return self.annotate(has_mfa=has_mfa())

    def where_mfa(self, *, on: bool) -> Self:
        return self.filter(has_mfa() if on else ~has_mfa())

    def as_people(self) -> Self:
        """With what PersonOut shows."""
        return self.select_related("user_type", "profile")


class User(AbstractUser):
    class State(models.TextChoices):
        """Who is not active is hidden everywhere: away by their own wish, kept away by staff, or erased."""

        ACTIVE = "active"
        DEACTIVATED = "deactivated"
        SUSPENDED = "suspended"
        BANNED = "banned"
        SWITCHED_OFF = "switched_off", "Switched off"
        ERASED = "erased"

    username = models.CharField(
        max_length=50,
        db_index=True,
        validators=[
            RegexValidator(r"^[A-Za-z0-9_.-]{3,50}$", "3 to 50 letters, digits and _ . - only."),
            refuse_reserved,
        ],
    )
    email = models.EmailField()
    email_verified = models.BooleanField(default=False)
    new_email = models.EmailField(blank=True, help_text="What the address becomes once it is confirmed.")
    user_type = models.ForeignKey(UserType, on_delete=models.PROTECT, related_name="users")
    is_verified = models.BooleanField(default=False, help_text="The blue tick: a document of theirs was approved.")
    deactivated_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when they are away by their own wish; they may come back by signing in."
    )
    suspended_until = models.DateTimeField(
        null=True, blank=True, help_text="Kept away by staff until then; it ends by itself."
    )
    banned_at = models.DateTimeField(null=True, blank=True, help_text="Since when they are kept away for good.")
    terms_version = models.CharField(
        max_length=50, blank=True, default="", db_default="", help_text="The version of the terms that they accepted."
    )
    terms_accepted_at = models.DateTimeField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, editable=False)

    profile: "Profile"
    blocks_made: "RelatedManager[Block]"

    objects = UserQuerySet.as_manager()  # type: ignore[assignment, misc]  # Django's own makes no profiles

    REQUIRED_FIELDS: ClassVar = ["email"]

    class Meta:
        permissions = [
            ("remove_picture", "Can remove the pictures of people"),
            ("reset_mfa", "Can reset two-step login"),
            ("suspend_user", "Can suspend people"),
            ("moderate_user", "Can take down people's pictures and texts"),
        ]
        constraints = [
            models.UniqueConstraint(Lower("username"), condition=Q(erased_at=None), name="one_username_in_any_case"),
            models.UniqueConstraint(Lower("email"), condition=Q(erased_at=None), name="one_email_in_any_case"),
            models.CheckConstraint(
                condition=Q(deactivated_at=None) | Q(is_active=False), name="who_is_active_is_not_away"
            ),
            models.CheckConstraint(
                condition=Q(erased_at=None) | Q(is_active=False), name="who_is_active_is_not_erased"
            ),
            models.CheckConstraint(
                condition=Q(suspended_until=None, banned_at=None) | Q(is_active=False),
                name="who_is_active_is_not_suspended",
            ),
        ]
        indexes = [
            models.Index(fields=["-id"], condition=Q(is_active=False), name="people_not_active"),
            models.Index(fields=["user_type", "-id"], condition=Q(is_verified=True), name="people_with_the_tick"),
            models.Index(
                fields=["suspended_until"], condition=Q(suspended_until__isnull=False), name="people_suspended"
            ),
        ]

    def __str__(self) -> str:
        return self.username

    @property
    def state(self) -> State:
        """By the clock: a suspension that is over is none."""
        is_over = self.suspended_until is not None and self.suspended_until <= timezone.now()
        if self.is_active or (is_over and not self.deactivated_at):
            return self.State.ACTIVE
        if self.erased_at:
            return self.State.ERASED
        if self.banned_at:
            return self.State.BANNED
        if self.suspended_until and not is_over:
            return self.State.SUSPENDED
        return self.State.DEACTIVATED if self.deactivated_at else self.State.SWITCHED_OFF

    @property
    def is_away(self) -> bool:
        return self.state != self.State.ACTIVE

    @property
    def is_kept_away(self) -> bool:
        """By staff: who is away by their own wish may come back, and gets mails that help them to."""
        return self.state in (self.State.SUSPENDED, self.State.BANNED, self.State.SWITCHED_OFF)

    @property
    def role(self) -> str:
        return self.user_type.slug

    @property
    def avatar(self) -> str | None:
        return self.profile.avatar.url if self.profile.avatar else None

    @property
    def display_name(self) -> str:
        return self.get_full_name() or self.username


def is_there(person: str = "", now: datetime | None = None) -> Q:
    """Whether `person`, a field of the outer query, or who it is about, is active; of the suspended by the clock."""
    to = f"{person}__" if person else ""
    is_over = Q(**{f"{to}suspended_until__lte": now or Now(), f"{to}deactivated_at": None})
    return Q(**{f"{to}is_active": True}) | is_over


def is_there_or_erased(person: str) -> Q:
    """Whether what `person`, a field of the outer query, wrote stays readable: not while they are away."""
    return is_there(person) | Q(**{f"{person}__erased_at__isnull": False})


def is_away(person: str) -> Exists:
    """Whether `person`, a field of the outer query, is not active.

    Few are: their index is read, where a join would read everybody.
    """
    return Exists(User.objects.away().filter(pk=OuterRef(person)))


def there_for(person_id: Any, other: str) -> Q:
    """`UserQuerySet.there_for`, for the rows that lead to people by the field `other`."""
    return Q(~is_away(other)) & not_blocked(person_id, other)


@compiled()
def permission_names(user_id: int, type_id: int) -> "models.QuerySet[Permission, tuple[str, str]]":
    return permissions_of(user_id, type_id).values_list("content_type__app_label", "codename")


@compiled()
def visible_person(viewer: Viewer, user_id: int) -> UserQuerySet:
    return User.objects.visible_to(viewer).filter(pk=user_id)


@compiled()
def person(user_id: int) -> UserQuerySet:
    return User.objects.filter(pk=user_id)
