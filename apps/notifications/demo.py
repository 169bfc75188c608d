"""What some of the demo people want to hear, and where."""

from datetime import timedelta
from typing import TYPE_CHECKING

from apps.core.declarations import Scene
from apps.notifications.models import Frequency, Notification, NotificationType, Preferences, TypePreference

if TYPE_CHECKING:
    from apps.demo.cast import Person
    from apps.demo.world import World

SHARE = 0.3
"""How many of them have looked at what they can choose."""
CHANGED = 0.12
"""How many types whoever did so hears of in another way."""
LATELY = timedelta(days=60)


def choose(world: "World") -> None:
    kinds = list(NotificationType.objects.filter(is_active=True))
    told = set(Notification.objects.values_list("receiver", "kind"))
    chosen = [channels(world, person) for person in world.members if world.rng.random() < SHARE]
    world.write(Preferences, chosen)
    rows = [preference(world, owner, kind, (owner.pk, kind.pk) in told) for owner in chosen for kind in kinds]
    world.write(TypePreference, rows)


def channels(world: "World", person: "Person") -> Preferences:
    """Whom the demo's logins lead to see notifications in the product."""
    since = world.between(max(person.joined, world.now - LATELY), world.now)
    return Preferences(
        user=person.user,
        enable_in_app=bool(person.login) or world.rng.random() < 0.9,
        enable_email=world.rng.random() < 0.7,
        enable_push=world.rng.random() < 0.6,
        created_at=since,
        updated_at=since,
    )


def preference(world: "World", owner: Preferences, kind: NotificationType, was_told: bool) -> TypePreference:
    """Nobody has disabled what they were told."""
    frequency = kind.default_frequency
    if world.rng.random() < CHANGED:
        frequency = world.rng.choice([Frequency.DAILY_DIGEST, Frequency.WEEKLY_SUMMARY, Frequency.DISABLED])
    if was_told and frequency == Frequency.DISABLED:
        frequency = Frequency.WEEKLY_SUMMARY
    email_enabled = world.rng.random() > CHANGED
    times = {"created_at": owner.created_at, "updated_at": owner.updated_at}
    return TypePreference(preferences=owner, kind=kind, frequency=frequency, email_enabled=email_enabled, **times)


SCENES = [Scene(choose, order=200)]
