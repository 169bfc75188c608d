"""What the demo people are called, say and write: plain files, so that anybody can make them better."""

import json
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

# Letters that are no plain letter with a sign on it.
TWO_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "ı": "i", "æ": "ae", "Æ": "Ae", "đ": "d"}
)


@cache
def texts(name: str) -> Any:
    return json.loads((Path(__file__).parent / f"{name}.json").read_text(encoding="utf-8"))


def themes(role: str) -> dict[str, Any]:
    """What people of this role may be about."""
    file = {"influencer": "influencers", "brand": "brands", "entrepreneur": "ventures", "investor": "ventures"}[role]
    found: dict[str, Any] = texts(file)["themes"]
    return found


def plain(text: str) -> str:
    """In ASCII: `Åsa Łuczak` is `Asa Luczak`."""
    return unicodedata.normalize("NFKD", text.translate(TWO_LETTERS)).encode("ascii", "ignore").decode()


def slug(text: str, gap: str = "") -> str:
    words = "".join(letter if letter.isalnum() else " " for letter in plain(text).lower().replace("'", "")).split()
    return gap.join(words)


def capital(text: str) -> str:
    return text[:1].upper() + text[1:]
