"""What is taken off profiles for a while, and how it comes back."""

from collections.abc import Collection
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from django.core.files import File
from django.db import transaction

from apps.accounts.models import Profile, RemovedProfile, User
from apps.core.media.storing import discarded_on_failure

NOTHING: dict[str, Any] = {"avatar": "", "bio": "", "website": "", "social_links": {}}
"""What can be taken off, and what is there then; names, and what is chosen from lists, stay."""


@transaction.atomic
def take_off(*, user: User, names: Collection[str] = tuple(NOTHING)) -> bool:
    """These fields are off the profile, the picture in the private storage; whether there was anything to take off."""
    profile = Profile.objects.select_for_update(no_key=True).get(user=user)
    filled = [name for name in names if getattr(profile, name)]
    texts = {name: getattr(profile, name) for name in filled if name != "avatar"}
    kept = RemovedProfile(user=user, **texts)
    with ExitStack() as stored:
        if "avatar" in filled:
            copy_file(profile.avatar, kept.avatar, stored)
        if filled:
            kept.save()
        write(profile, {name: NOTHING[name] for name in filled})  # the public file goes after the commit
    return bool(filled)


@transaction.atomic
def put_back(*, user: User) -> bool:
    """What has not been filled in anew meanwhile; whether there was anything."""
    profile = Profile.objects.select_for_update(no_key=True).get(user=user)
    rows = list(RemovedProfile.objects.of(user.pk).order_by("-pk"))
    with ExitStack() as stored:
        for kept in rows:
            texts = {name: getattr(kept, name) for name in NOTHING if name != "avatar" and not getattr(profile, name)}
            if kept.avatar and not profile.avatar:
                copy_file(kept.avatar, profile.avatar, stored)
            write(profile, texts | {"avatar": profile.avatar})
            kept.delete()
    return bool(rows)


def copy_file(source: Any, target: Any, stored: ExitStack) -> None:
    """Into the storage of `target`; it goes again if anything fails from now on. One that is lost is left out."""
    try:
        with source.storage.open(source.name) as content:
            target.save("avatar.webp", File(content), save=False)
    except FileNotFoundError:
        return
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
