"""Joining, and telling of oneself."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.models import Profile, ProfileCategory, ProfilePlatform, User, UserType
from apps.accounts.schemas import AVATAR, ProfileIn, RegisterIn
from apps.accounts.services.sessions import SignedIn, shut_out, sign_in
from apps.accounts.tokens import reactivation_facts, read_reactivation
from apps.core.http.clients import Client
from apps.core.http.errors import BadToken, Invalid, InvalidToken
from apps.core.http.links import API
from apps.core.mail.outbox import queue_mail
from apps.core.media.storing import discarded_on_failure
from apps.core.media.uploads import Upload, accept
from apps.core.site_settings import site_settings
from apps.notifications.schemas import Redirect
from apps.notifications.services import notify


def register(*, form: RegisterIn) -> User:
    """A new account, welcomed, which accepts the terms in force; names and addresses are taken in any case."""
    user_type = chosen_type(form)
    refuse_taken_or_weak(form)
    try:
        return create_account(
            user_type=user_type,
            username=form.username,
            email=form.email,
            password=form.password,
            first_name=form.first_name,
            last_name=form.last_name,
            phone=form.phone,
            country=form.country,
        )
    except IntegrityError:
        # Somebody took the name meanwhile: this time the check finds it.
        refuse_taken_or_weak(form)
        raise


def chosen_type(form: RegisterIn) -> UserType:
    if (sent := form.chosen_type()) is None:
        raise Invalid({"user_type_id": ["This field is required."]})
    return type_called(*sent)


def type_called(field: str, choice: str) -> UserType:
    """The type open to all whose id or name was sent in `field`."""
    types = UserType.objects.open_to_all()
    found = types.filter(pk=int(choice)) if choice.isdecimal() else types.named(choice)
    if (user_type := found.first()) is None:
        raise Invalid({field: [f'"{choice}" is not a valid choice.']})
    return user_type


def refuse_taken_or_weak(form: RegisterIn) -> None:
    details: dict[str, list[str]] = {}
    if User.objects.has_username(form.username):
        details["username"] = ["A user with that username already exists."]
    if User.objects.with_login(form.email).exists():
        details["email"] = ["A user with that email already exists."]
    code = f"{next(iter(details))}_taken" if details else None
    try:
        validate_password(form.password, user=new_user(form))
    except ValidationError as error:
        details["password"] = list(error.messages)
    if details:
        raise Invalid(details, code=code)


def new_user(form: RegisterIn) -> User:
    return User(username=form.username, email=form.email, first_name=form.first_name, last_name=form.last_name)


@transaction.atomic
def create_account(
    *,
    user_type: UserType,
    username: str,
    email: str,
    password: str | None,
    email_verified: bool = False,
    first_name: str = "",
    last_name: str = "",
    phone: str | None = None,
    country: str | None = None,
) -> User:
    """Welcomed, and asked whether the address is theirs if nobody has verified it; None for no password."""
    user = User.objects.create_user(
        username,
        email,
        password,
        email_verified=email_verified,
        first_name=first_name,
        last_name=last_name,
        user_type=user_type,
        terms_version=site_settings().terms_version,
        terms_accepted_at=timezone.now(),
    )
    Profile.objects.filter(user=user).update(phone=phone or "", country=country or "")
    notify(receiver=user, code="welcome", actor=None, redirect=leads_to(user))
    if not email_verified:
        queue_mail(kind="verify_email", user=user)
    return user


def leads_to(user: User) -> Redirect:
    return Redirect(kind="profile", id=user.pk, url=f"{API}/users/profile/{user.username}")


@transaction.atomic
def deactivate(*, user: User) -> None:
    """By their own wish: hidden everywhere and signed out, until they come back."""
    if not User.objects.active().filter(pk=user.pk).update(is_active=False, deactivated_at=timezone.now()):
        raise InvalidToken  # just now, by themselves or by staff
    shut_out(user=user)


@transaction.atomic
def reactivate(*, token: str, client: Client) -> SignedIn:
    """Back, and signed in, with the token that a login was answered; it works once."""
    facts = read_reactivation(token)
    away = User.objects.in_state(User.State.DEACTIVATED)
    user = away.filter(pk=facts[0]).first()
    if user is None or reactivation_facts(user) != facts:
        raise BadToken
    if not away.filter(pk=user.pk, deactivated_at=user.deactivated_at).update(**BACK):
        raise BadToken
    return sign_in(user=user, client=client)


BACK = {"is_active": True, "deactivated_at": None, "suspended_until": None}

USER_FIELDS = {"first_name", "last_name"}
LISTS = {"categories", "platforms"}


@transaction.atomic
def update_profile(*, user: User, changes: ProfileIn) -> None:
    """Merge the fields that were sent; a list that was sent replaces the old one."""
    # Read anew once it is ours: the search text is made of both rows.
    user = User.objects.select_for_update(no_key=True).get(pk=user.pk)
    profile = Profile.objects.get(user=user)
    sent = changes.model_fields_set
    for name in sent & USER_FIELDS:
        setattr(user, name, getattr(changes, name))
    user.save(update_fields=sent & USER_FIELDS)
    for name in sent - USER_FIELDS - LISTS:
        value = getattr(changes, name)
        setattr(profile, name, "" if value is None else value)
    profile.search_text = Profile.searchable(user, profile.bio)
    profile.save(update_fields=[*(sent - USER_FIELDS - LISTS), "search_text"])
    if "categories" in sent:
        profile.category_rows.all().delete()
        ProfileCategory.objects.bulk_create(ProfileCategory(profile=profile, slug=slug) for slug in changes.categories)
    if "platforms" in sent:
        profile.platform_rows.all().delete()
        ProfilePlatform.objects.bulk_create(
            ProfilePlatform(profile=profile, **platform.model_dump()) for platform in changes.platforms
        )


def set_avatar(*, user: User, upload: Upload) -> None:
    accept(upload, AVATAR, by=user)
    with transaction.atomic():
        profile = Profile.objects.select_for_update().get(user=user)
        profile.avatar.save("avatar", upload, save=False)
        with discarded_on_failure(profile.avatar):
            profile.save(update_fields=["avatar"])  # the former file goes after the commit, see django-cleanup


@transaction.atomic
def remove_avatar(*, user: User) -> None:
    profile = Profile.objects.select_for_update().get(user=user)
    profile.avatar = None
    profile.save(update_fields=["avatar"])
