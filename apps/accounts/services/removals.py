"""What moderators take off profiles, and how it comes back."""

from collections.abc import Collection
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from django.core.files import File
from django.db import transaction

from apps.accounts.models import Profile, RemovedProfile, User
from apps.accounts.services.staff import refuse_colleague
from apps.core import audit
from apps.core.http.errors import PermissionDenied
from apps.core.media.storing import discarded_on_failure

NOTHING: dict[str, Any] = {"avatar": "", "bio": "", "website": "", "social_links": {}}
"""What is taken off; names, and what is chosen from lists, stay."""


def refuse_others(user: User, by: User) -> None:
    refuse_colleague(user, by)
    if not by.has_perm("accounts.moderate_user"):
        raise PermissionDenied


@transaction.atomic
def take_down_profile(*, user: User, by: User) -> None:
    """Picture and texts are off the profile; after a while they are deleted, unless they are restored."""
    refuse_others(user, by)
    profile = Profile.objects.select_for_update(no_key=True).get(user=user)
    kept = RemovedProfile(user=user, bio=profile.bio, website=profile.website, social_links=profile.social_links)
    with ExitStack() as stored:
        if profile.avatar:
            copy_file(profile.avatar, kept.avatar, stored)
        kept.save()
        write(profile, NOTHING)  # the public file goes after the commit, see django-cleanup
    audit.record(actor=by, action="user.profile_removed", target=user)


@transaction.atomic
def restore_profile(*, user: User, by: User) -> None:
    """What has not been filled in anew meanwhile is there again."""
    refuse_others(user, by)
    profile = Profile.objects.select_for_update(no_key=True).get(user=user)
    with ExitStack() as stored:
        for kept in RemovedProfile.objects.of(user.pk).order_by("-pk"):
            texts = {name: getattr(kept, name) for name in NOTHING if name != "avatar" and not getattr(profile, name)}
            if kept.avatar and not profile.avatar:
                copy_file(kept.avatar, profile.avatar, stored)
            write(profile, texts | {"avatar": profile.avatar})
            kept.delete()
    audit.record(actor=by, action="user.profile_restored", target=user)


def copy_file(source: Any, target: Any, stored: ExitStack) -> None:
    """Into the storage of `target`; it goes again if anything fails from now on."""
    with source.storage.open(source.name) as content:
        target.save("avatar.webp", File(content), save=False)
    stored.enter_context(discarded_on_failure(target))


def write(profile: Profile, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(profile, name, value)
    profile.search_text = Profile.searchable(profile.user, profile.bio)
    profile.save(update_fields=[*values, "search_text"])


def delete_removed(before: datetime, but: Collection[int]) -> None:
    """What was taken off before then and has not come back."""
    for kept in RemovedProfile.objects.removed_before(before).exclude(user__in=but).iterator():
        kept.delete()
