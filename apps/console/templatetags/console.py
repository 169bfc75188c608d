from typing import Any

from django import template

from apps.console.site import changelist
from apps.core.declarations import declared

register = template.Library()


@register.filter
def crumbs(parts: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """The titles and addresses of the way to a page, in the words of the navigation."""
    words = {changelist(page): (page.section, page.title) for page in declared("console", "PAGES")}
    way = [(str(part["title"]), str(part.get("link", ""))) for part in parts]
    for position, (_, link) in enumerate(way):
        if link in words:
            section, title = words[link]
            start = [] if section == title else [(section, "")]
            return [*start, (title, link), *way[position + 1 :]]
    return way
