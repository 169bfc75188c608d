"""What people type, made fit to be kept and shown."""

import re

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
"""All but TAB and LF."""
NOT_IN_A_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
INVISIBLE = re.compile(
    r"[\s\x00-\x1f\x7f-\x9f"
    # What Unicode calls default-ignorable: joiners, directions, variation selectors, Hangul fillers, tags
    r"\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
    # and what it does not, though nothing is to be seen: an empty braille pattern, a note without a head
    r"\u2800\U0001d159]*"
)


def one_line(text: str) -> str:
    """`text`, or nothing if nothing of it can be seen; ValueError for control characters and line breaks."""
    if NOT_IN_A_LINE.search(text):
        raise ValueError("Control characters and line breaks are not allowed.")
    return "" if INVISIBLE.fullmatch(text) else text


def long_text(text: str) -> str:
    """`text` with LF for its line breaks and without other control characters than TAB; nothing if none can be seen."""
    kept = CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).strip()
    return "" if INVISIBLE.fullmatch(kept) else kept
