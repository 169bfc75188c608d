"""One picture, decoded and encoded anew."""

from typing import IO, Any

from PIL import Image, ImageOps

from apps.core.media.decoder.colours import as_shown, strips, with_eight_bits
from apps.core.media.decoder.source import FORMATS, Refused, Source
from apps.core.media.errors import TOO_COSTLY

SMALL_PIXELS = 4_000_000
NOTHING_ELSE: dict[str, Any] = dict.fromkeys(("exif", "xmp", "icc_profile", "comment"), b"")


def check(source: Source, target: IO[bytes]) -> None:
    """Nothing is written: the picture is decoded to know that it is whole."""
    picture = source.open()
    picture.draft("L", (1, 1))  # a JPEG can be read at an eighth of its size
    picture.load()


def still(source: Source, target: IO[bytes]) -> None:
    """The picture, or the first frame of a moving one, in its own format and size."""
    save(decoded(source), source.kind, target)


def square(source: Source, target: IO[bytes], side: int) -> None:
    """The middle of the picture, as a WebP of `side` × `side` pixels."""
    picture = source.open()
    picture.draft(None, (2 * side, 2 * side))
    picture = loaded(picture)
    middle = shrunk_middle(picture, 2 * side, deep=is_deep(source))
    profile = picture.info.get("icc_profile")
    del picture
    turn_upright(middle)
    middle = as_shown(middle, profile).convert("RGBA")
    save(middle.resize((side, side), reducing_gap=2), "image/webp", target)


def decoded(source: Source) -> Image.Image:
    """Upright, in eight bits and sRGB."""
    picture = loaded(source.open())
    profile = picture.info.get("icc_profile")
    turn_upright(picture)
    return as_shown(picture, profile, deep=is_deep(source))


def shrunk_middle(picture: Image.Image, side: int, *, deep: bool) -> Image.Image:
    """The largest square in the middle, made smaller by a whole number to at least `side` × `side` where it is larger.

    Strip by strip: whatever has to be copied for that is small.
    """
    length = min(picture.size)
    left, top = (picture.width - length) // 2, (picture.height - length) // 2
    factor = max(length // side, 1)
    pieces = []
    for _, above, _, below in strips((length, length), step=factor):
        strip = with_eight_bits(picture.crop((left, top + above, left + length, top + below)), deep)
        if strip.mode in ("1", "P") or "transparency" in strip.info:
            strip = strip.convert("RGBA")
        pieces.append((above // factor, strip.reduce(factor)))
    shrunk = Image.new(pieces[0][1].mode, (-(-length // factor),) * 2)
    for row, piece in pieces:
        shrunk.paste(piece, (0, row))
    shrunk.info = {name: value for name, value in picture.info.items() if name != "transparency"}
    return shrunk


def loaded(picture: Image.Image) -> Image.Image:
    """Decoded. A WebP leaves its decoder behind, which keeps more in memory than the picture itself."""
    picture.load()
    return picture.copy() if picture.format == "WEBP" else picture


def is_deep(source: Source) -> bool:
    """Whether a PNG has sixteen bits a colour."""
    return source.kind == "image/png" and source.content[24] == 16


def turn_upright(picture: Image.Image) -> None:
    """As its camera says; damaged metadata says nothing."""
    try:
        ImageOps.exif_transpose(picture, in_place=True)
    except MemoryError:
        raise
    except Exception:  # noqa: S110  # Pillow reads metadata late, and trips over damage in many ways
        pass


def save(picture: Image.Image, kind: str, target: IO[bytes], **options: Any) -> None:
    """Encode the decoded `picture`, without metadata."""
    if kind == "image/jpeg" and picture.mode not in ("L", "RGB"):
        picture = picture.convert("RGB")
    if kind == "image/webp":  # the better methods take their time, and memory
        options.setdefault("method", 4 if picture.width * picture.height < SMALL_PIXELS else 2)
    try:
        picture.save(target, FORMATS[kind], **{"quality": 85, **NOTHING_ELSE, **options})
    except (OSError, ValueError) as error:  # libwebp's way of telling that there was no memory
        raise Refused(TOO_COSTLY) from error
