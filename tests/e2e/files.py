"""Files as people send them: whole, and in every way wrong."""

import struct
import zlib
from io import BytesIO

from PIL import Image

from tests.client import MEDIA

GPS = 0x8825
FILM = (MEDIA / "clip.mp4").read_bytes()


def picture(format: str = "PNG", size: tuple[int, int] = (400, 300)) -> bytes:
    target = BytesIO()
    Image.effect_noise(size, 90).convert("RGB").save(target, format)
    return target.getvalue()


def photo() -> bytes:
    """As a telephone takes it: it says where, and with what."""
    exif = Image.Exif()
    exif[0x010F] = "SpyCam"
    exif.get_ifd(GPS).update({1: "N", 2: (52.0, 31.0, 12.0), 3: "E", 4: (13.0, 24.0, 36.0)})
    target = BytesIO()
    Image.effect_noise((400, 300), 90).convert("RGB").save(target, "JPEG", exif=exif)
    return target.getvalue()


def says_where(content: bytes) -> bool:
    return bool(Image.open(BytesIO(content)).getexif().get_ifd(GPS)) or b"SpyCam" in content


def huge_picture(side: int = 20_000) -> bytes:
    """A whole grey PNG of side × side pixels: it is small until somebody decodes it."""
    compressor, rows = zlib.compressobj(), bytes((side + 1) * 100)
    pixels = b"".join(compressor.compress(rows) for _ in range(side // 100)) + compressor.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )
