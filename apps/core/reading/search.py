"""How people and events are searched: stored texts and what is looked for are folded alike."""

from collections.abc import Callable
from typing import Any
from unicodedata import combining, normalize

from django.db.models import Q

BATCH = 1000


def fold(text: str) -> str:
    """`text` as it is compared: without the differences of case, width and accents."""
    decomposed = normalize("NFKD", normalize("NFKC", text).casefold())
    return normalize("NFC", "".join(letter for letter in decomposed if not combining(letter)))


def words_in(column: str, search: str) -> Q:
    """Rows of whose folded `column` every word of `search` is a part; all rows if there is no word."""
    found = Q()
    for word in dict.fromkeys(fold(search).split()):
        found &= Q(**{f"{column}__contains": word})
    return found


def refold(rows: Any, text_of: Callable[[Any], str]) -> None:
    """Write `search_text` of `rows` (a queryset or manager) anew, for migrations: `text_of` each, folded."""
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk")[:BATCH]):
        last = batch[-1].pk
        changed = [row for row in batch if row.search_text != fold(text_of(row))]
        for row in changed:
            row.search_text = fold(text_of(row))
        rows.model.objects.bulk_update(changed, ["search_text"])
