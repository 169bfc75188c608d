"""How a file is called where it is shown. In the storages it has a name of chance."""

import re
import unicodedata

LENGTH = 100
JOINERS = "\u200c\u200d"
FORBIDDEN = frozenset('<>:"/|?*')
EXTENSION = re.compile(r"\.(?=[0-9]*[a-z])[a-z0-9]{1,5}", re.ASCII | re.IGNORECASE)
"""What looks like one: `.jpeg` or `.mp4`, and not the `. 12` of “Invoice No. 12”."""


def shown_name(sent: str | None, extension: str) -> str:
    """The name its sender gave a file, without folders and control characters, ending as its content says."""
    name = (sent or "").replace("\\", "/").rpartition("/")[2]
    stem, dot, ending = name.rpartition(".")
    if stem and EXTENSION.fullmatch(dot + ending):
        name = stem
    shown = "".join(map(shown_letter, name)).strip()[:LENGTH].rstrip()
    return f"{shown or 'file'}{extension}"


def shown_letter(letter: str) -> str:
    """A space for any other white space; nothing for what cannot be seen or turns the direction of writing."""
    kind = unicodedata.category(letter)
    if kind.startswith("Z"):
        return " "
    return "" if letter in FORBIDDEN or (kind.startswith("C") and letter not in JOINERS) else letter
