from typing import Any

from django import template
from django.urls import reverse

from apps.console.site import NAVIGATION

register = template.Library()


@register.filter
def crumbs(parts: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """The titles and addresses of the way to a page, in the words of the navigation."""
    words = {changelist(model): (group, title) for group, items in NAVIGATION.items() for title, _, model in items}
    way = [(str(part["title"]), str(part.get("link", ""))) for part in parts]
    for position, (_, link) in enumerate(way):
        if link in words:
            group, title = words[link]
            start = [] if group == title else [(group, "")]
            return [*start, (title, link), *way[position + 1 :]]
    return way


def changelist(model: str) -> str:
    return reverse(f"admin:{model.replace('.', '_')}_changelist")
