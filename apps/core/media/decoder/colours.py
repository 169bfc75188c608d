"""Every picture in eight bits and sRGB, as those who look at it expect."""

from collections.abc import Iterator
from functools import lru_cache
from io import BytesIO
from typing import Any

from PIL import Image, ImageChops, ImageCms

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
BROKEN_PROFILE = (ImageCms.PyCMSError, OSError, ValueError, TypeError)
STRIP_PIXELS = 4_000_000


def as_shown(picture: Image.Image, profile: bytes | None, *, deep: bool = False) -> Image.Image:
    """The decoded `picture` with eight bits a colour and in sRGB; it may be changed in place.

    `profile` says what its colours mean; a broken one counts as none. `deep` says that the file has sixteen bits a
    colour, of which Pillow keeps the upper eight itself, except for grey.
    """
    picture = with_eight_bits(picture, deep)
    picture.info.pop("icc_profile", None)
    if not profile or picture.mode == "1":
        return picture
    try:
        return in_srgb(picture, profile)
    except BROKEN_PROFILE:
        return picture


def strips(size: tuple[int, int], step: int = 1) -> Iterator[tuple[int, int, int, int]]:
    """Boxes that cover the whole width, each small enough to be copied; but for the last, `step` divides its height."""
    width, height = size
    rows = max(STRIP_PIXELS // width // step, 1) * step
    for top in range(0, height, rows):
        yield 0, top, width, min(top + rows, height)


def with_eight_bits(picture: Image.Image, deep: bool) -> Image.Image:
    """The upper eight bits of sixteen; a colour that stands for transparency goes on doing so."""
    key: Any = picture.info.get("transparency")
    if picture.mode.startswith("I"):
        shallow = Image.new("L" if key is None else "LA", picture.size)
        for box in strips(picture.size):
            shallow.paste(upper_bytes(picture.crop(box), key), box)
        return shallow
    if deep and isinstance(key, tuple):
        picture.info["transparency"] = tuple(value >> 8 for value in key)
    return picture


def upper_bytes(picture: Image.Image, key: int | None) -> Image.Image:
    """Grey of eight bits, of grey of sixteen; where that is `key`, it is transparent."""
    samples = picture.convert("I;16").tobytes()
    lower, upper = (Image.frombytes("L", picture.size, samples[offset::2]) for offset in (0, 1))
    if key is None:
        return upper
    opaque = ImageChops.lighter(is_not(upper, key >> 8), is_not(lower, key & 255))
    return Image.merge("LA", (upper, opaque))


def is_not(plane: Image.Image, value: int) -> Image.Image:
    return plane.point([0 if level == value else 255 for level in range(256)])


def in_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    """The colours that `profile` means: in place, unless the mode has to change."""
    if picture.mode == "P" or "transparency" in picture.info:
        picture = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
    transform = transform_from(profile, "L" if picture.mode == "LA" else picture.mode)
    if transform is None:
        return picture
    if picture.mode in ("RGB", "RGBA"):
        transform.apply_in_place(picture)
    elif picture.mode in ("L", "LA"):
        for box in strips(picture.size):
            strip = picture.crop(box)
            grey = transform.apply(strip.getchannel("L")).convert("L")
            picture.paste(grey if picture.mode == "L" else Image.merge("LA", (grey, strip.getchannel("A"))), box)
    else:
        picture = transform.apply(picture)
    picture.info.pop("icc_profile", None)
    return picture


@lru_cache(maxsize=4)
def transform_from(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """From the colours of `profile` in `mode` to sRGB; None where they are sRGB already."""
    given = ImageCms.ImageCmsProfile(BytesIO(profile))
    if (given.profile.profile_description or "").startswith("sRGB"):
        return None
    return ImageCms.ImageCmsTransform(given, SRGB, mode, mode if mode in ("RGB", "RGBA") else "RGB")
