"""Papers: a PDF written by hand, and cards drawn as pictures."""

from random import Random

from PIL import ImageFont

from apps.demo.canvas import WHITE, Canvas, Colour, colour, encoded
from apps.demo.texts import plain

PAGE = (595, 842)
"""A4, in points."""
Lines = list[tuple[str, str]]


def pdf(title: str, lines: Lines, note: str) -> bytes:
    """One page: a title, a table of names and values, a note. PDF 1.4, with fonts that every reader has."""
    width, height = PAGE
    drawn = [
        f"0.16 0.27 0.33 rg 0 {height - 96} {width} 96 re f",
        written(title, 56, height - 60, font="F2", size=22, fill="1 1 1"),
    ]
    for number, (name, value) in enumerate(lines):
        y = height - 150 - number * 34
        drawn.append(written(name, 56, y, font="F1", size=10, fill="0.45 0.45 0.5"))
        drawn.append(written(value, 220, y, font="F2", size=13, fill="0.1 0.1 0.15"))
        drawn.append(f"0.85 0.85 0.87 RG 56 {y - 12} m {width - 56} {y - 12} l S")
    drawn.append(written(note, 56, 60, font="F1", size=9, fill="0.5 0.5 0.5"))
    content = "\n".join(drawn).encode("latin-1")
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /{} /Encoding /WinAnsiEncoding >>"
    return assembled(
        [
            b"<< /Type /Catalog /Pages 2 0 R >>",
            b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] /Contents 4 0 R "
            f"/Resources << /Font << /F1 5 0 R /F2 6 0 R >> >> >>".encode(),
            b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
            font.format("Helvetica").encode(),
            font.format("Helvetica-Bold").encode(),
        ]
    )


def written(text: str, x: int, y: int, *, font: str, size: int, fill: str) -> str:
    known = "".join(letter if ord(letter) < 256 else plain(letter) for letter in text)
    escaped = known.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
    return f"BT {fill} rg /{font} {size} Tf {x} {y} Td ({escaped}) Tj ET"


def assembled(objects: list[bytes]) -> bytes:
    """The objects with their numbers, and the table that says where each begins."""
    content, starts = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", []
    for number, body in enumerate(objects, 1):
        starts.append(len(content))
        content += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = b"".join(b"%010d 00000 n \n" % start for start in starts)
    count = len(objects) + 1
    end = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (count, len(content))
    return content + b"xref\n0 %d\n0000000000 65535 f \n%s" % (count, table) + end


def card(rng: Random, name: str, lines: Lines) -> bytes:
    """An identity card as somebody would photograph it."""
    ground, ink = rng.choice(
        [("#dbe7f0", "#2b4a66"), ("#efe3e6", "#6b3a4a"), ("#e3efe5", "#2f5d43"), ("#f1ebdc", "#6a5423")]
    )
    canvas = Canvas(860, 540, colour(ground), colour("#f8f8f6"))
    dark = colour(ink)
    canvas.slab(0.5, 0.045, 1, 0.09, dark)
    canvas.slab(0.18, 0.34, 0.25, 0.33, colour("#c9d3da"), corner=0.012)
    canvas.disc(0.18, 0.29, 0.06, dark)
    canvas.slice(0.18, 0.5, 0.11, (180, 360), dark)
    for step in range(9):  # fine lines, as against copying
        canvas.arc((0.75, 0.75), (0.3 + step * 0.09, 0.3 + step * 0.09), (180, 300), colour("#d5dde0"), 0.002)
    write(canvas, 0.04, 0.025, "IDENTITY CARD  ·  SPECIMEN", size=0.032, fill=WHITE)
    for number, (label, value) in enumerate([("name", name), *lines]):
        write(canvas, 0.36, 0.15 + number * 0.1, label, size=0.018, fill=colour("#70757a"))
        write(canvas, 0.36, 0.175 + number * 0.1, value, size=0.036, fill=colour("#1e2226"))
    code = f"ID<{plain(name).upper().replace(' ', '<')}<{rng.randrange(10**8):08}"
    write(canvas, 0.04, 0.565, code.ljust(40, "<")[:40], size=0.032, fill=colour("#33373b"))
    return encoded(canvas.finished(), "JPEG")


def write(canvas: Canvas, x: float, y: float, text: str, *, size: float, fill: Colour) -> None:
    font = ImageFont.load_default(size * canvas.scale)
    canvas.draw.text((x * canvas.scale, y * canvas.scale), text, fill, font)
