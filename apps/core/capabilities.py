"""What somebody may do, in the words that the rooms declare for it."""

from collections.abc import Collection

from apps.core.declarations import Capability, declared


def capabilities() -> list[Capability]:
    return declared("console", "CAPABILITIES")


def by_section() -> dict[str, list[Capability]]:
    sections: dict[str, list[Capability]] = {}
    for capability in capabilities():
        sections.setdefault(capability.section, []).append(capability)
    return sections


def held_with(permissions: Collection[str]) -> list[Capability]:
    """The capabilities of somebody who has these permissions; half of one is none."""
    return [capability for capability in capabilities() if set(capability.permissions) <= set(permissions)]


def in_words(permissions: Collection[str]) -> list[str]:
    """Each capability that one of these permissions is part of; by its name a permission that is part of none."""
    touched = [each for each in capabilities() if set(permissions) & set(each.permissions)]
    told = {name for each in touched for name in each.permissions}
    return [*(each.title for each in touched), *sorted(set(permissions) - told)]
