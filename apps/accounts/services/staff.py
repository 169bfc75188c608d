"""What staff do with the accounts of others. It is written into the audit trail."""

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import ExpressionWrapper, Q
from django.db.models.fields import BooleanField
from django.utils import timezone

from apps.accounts.errors import MfaDisabled, NotAway, NothingToSuspend
from apps.accounts.models import Profile, Session, User
from apps.accounts.models.users import permissions_of
from apps.accounts.schemas import ProfileIn
from apps.accounts.services import mfa, passwords, people, removals, sessions
from apps.core import audit
from apps.core.http import counters
from apps.core.http.errors import Conflict, NotFound, PermissionDenied
from apps.core.mail.outbox import queue_mail
from apps.core.reading.viewer import Viewer
from apps.notifications.services import move


def is_colleague(user: User) -> bool:
    """Whether `user` works here: staff, and whoever holds a permission that no type open to all carries."""
    if user.is_staff or user.is_superuser or user.user_type.for_staff:
        return True
    everybodys = Permission.objects.filter(user_types__for_staff=False).values("pk")
    return user.pk is not None and permissions_of(user.pk, user.user_type_id).exclude(pk__in=everybodys).exists()


def refuse_colleague(user: User, by: User) -> None:
    """Only a superuser changes a colleague: with somebody's password or address come their permissions."""
    if not by.is_superuser and is_colleague(user):
        raise PermissionDenied


def may(by: User, permission: str, user: User) -> bool:
    """Whether `by` has this permission about `user`, who is no colleague of theirs, and was not erased."""
    if user.erased_at or not User.objects.in_reach_of(Viewer.of(by), permission).filter(pk=user.pk).exists():
        return False
    return by.is_superuser or not is_colleague(user)


def refuse_unless_may(by: User, permission: str, user: User) -> None:
    if not may(by, permission, user):
        raise PermissionDenied


@transaction.atomic
def add_account(*, user: User, by: User) -> None:
    """Save a new account: `user` is filled in, its password included. Only a superuser makes a colleague."""
    refuse_colleague(user, by)
    user.save()
    Profile.objects.create(user=user, search_text=Profile.searchable(user, ""))


@transaction.atomic
def change_account(*, user: User, fields: Collection[str], by: User) -> None:
    """Save these fields of `user`: a new address is not verified yet, who is switched off is signed out.

    The staff's switch is the last word: switched off by it, nobody comes back by themselves.
    """
    refuse_colleague(User.objects.select_related("user_type").get(pk=user.pk), by)
    refuse_colleague(user, by)  # as they would be
    changed = set(fields)
    if "email" in changed:
        user.email_verified, user.new_email = False, ""
        changed |= {"email_verified", "new_email"}
        audit.record(actor=by, action="user.address_changed", target=user)
    if "is_active" in changed:
        user.deactivated_at = user.suspended_until = user.banned_at = None
        changed |= {"deactivated_at", "suspended_until", "banned_at"}
        audit.record(actor=by, action=f"user.switched_{'on' if user.is_active else 'off'}", target=user)
    user.save(update_fields=changed)
    if "email" in changed:
        queue_mail(kind="verify_email", user=user)
    if "username" in changed:
        move(to=people.leads_to(user))
    if "is_active" in changed and not user.is_active:
        sessions.shut_out(user=user)
    profile = Profile.objects.select_for_update(no_key=True).get(user=user)
    profile.search_text = Profile.searchable(user, profile.bio)
    profile.save(update_fields=["search_text"])


@transaction.atomic
def change_profile(*, user: User, changes: ProfileIn, by: User) -> None:
    """As if the person had sent `changes` themselves."""
    refuse_colleague(user, by)
    people.update_profile(user=user, changes=changes)
    fields = sorted(name.replace("_", " ") for name in changes.model_fields_set)
    if fields:
        audit.record(actor=by, action="user.profile_changed", target=user, changes={name: [] for name in fields})


@transaction.atomic
def set_password(*, user: User, password: str | None, by: User) -> None:
    """Another password, or none with which to sign in: whoever knew the old one is out."""
    refuse_colleague(user, by)
    if not passwords.set_password(user, password):
        raise Conflict
    sessions.end_all(user=user)
    audit.record(actor=by, action="user.password_set", target=user)


@transaction.atomic
def reset_mfa(*, user: User, by: User | None) -> None:
    """For somebody who has lost their codes; `by` is None for whoever may run commands. Nobody resets their own."""
    if by:
        refuse_unless_may(by, "accounts.reset_mfa", user)
    if user == by:
        raise PermissionDenied
    if not mfa.switch_off(user):
        raise MfaDisabled
    counters.forget(str(user.pk))
    sessions.shut_out(user=user)
    audit.record(actor=by, action="user.mfa_reset", target=user)
    queue_mail(kind="mfa_reset", user=user)


@transaction.atomic
def end_session(*, session: Session, by: User) -> None:
    """Sign a device out."""
    refuse_unless_may(by, "accounts.end_session", session.user)
    sessions.logout(session=session)
    audit.record(actor=by, action="session.ended", target=session)


@transaction.atomic
def remove_picture(*, user: User, by: User) -> None:
    """For a while: see `restore_profile`."""
    refuse_unless_may(by, "accounts.remove_picture", user)
    if removals.take_off(user=user, names=["avatar"]):
        audit.record(actor=by, action="user.picture_removed", target=user)


@transaction.atomic
def take_down_profile(*, user: User, by: User) -> None:
    """Picture and texts are hidden; after a while they are deleted, unless they are restored."""
    refuse_unless_moderator(user, by)
    if not removals.take_off(user=user):
        raise NotFound
    audit.record(actor=by, action="user.profile_removed", target=user)


@transaction.atomic
def restore_profile(*, user: User, by: User) -> None:
    refuse_unless_moderator(user, by)
    if not removals.put_back(user=user):
        raise NotFound
    audit.record(actor=by, action="user.profile_restored", target=user)


def refuse_unless_moderator(user: User, by: User) -> None:
    refuse_colleague(user, by)
    if not by.has_perm("accounts.moderate_user"):
        raise PermissionDenied


@transaction.atomic
def switch_off(*, user: User, by: User) -> None:
    """Keep somebody from coming back who is away by their own wish."""
    refuse_colleague(user, by)
    if (
        not User.objects.in_state(User.State.DEACTIVATED)
        .filter(pk=user.pk)
        .update(deactivated_at=None, suspended_until=None)
    ):
        raise NotAway
    audit.record(actor=by, action="user.switched_off", target=user)


@transaction.atomic
def suspend(*, user: User, until: datetime | None, by: User) -> None:
    """Hide somebody and sign them out until then, or for good (None); of two suspensions the longer one counts."""
    refuse_colleague(user, by)
    if not by.has_perm("accounts.suspend_user"):
        raise PermissionDenied
    user = User.objects.select_for_update(no_key=True, of=("self",)).select_related("user_type").get(pk=user.pk)
    if user.state in (User.State.SWITCHED_OFF, User.State.ERASED):
        raise NothingToSuspend
    is_longer = until is None or not user.suspended_until or until > user.suspended_until
    if is_longer and not user.banned_at:
        ban = None if until else timezone.now()
        User.objects.filter(pk=user.pk).update(is_active=False, suspended_until=until, banned_at=ban)
        audit.record(actor=by, action="user.suspended" if until else "user.banned", target=user)
    sessions.shut_out(user=user)


@transaction.atomic
def end_suspension(*, user: User, by: User) -> None:
    """They are as they were before; nothing if they are not suspended any more."""
    refuse_colleague(user, by)
    if not by.has_perm("accounts.suspend_user"):
        raise PermissionDenied
    is_kept = Q(suspended_until__isnull=False) | Q(banned_at__isnull=False)
    kept = User.objects.filter(is_kept, pk=user.pk, erased_at=None)
    was_active = ExpressionWrapper(Q(deactivated_at=None), output_field=BooleanField())
    if kept.update(is_active=was_active, suspended_until=None, banned_at=None):
        audit.record(actor=by, action="user.suspension_ended", target=user)


def end_suspensions() -> None:
    """Of those that are over, which every read knows by the clock; this keeps the column in step."""
    User.objects.active().filter(is_active=False).update(is_active=True, suspended_until=None)
