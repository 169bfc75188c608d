"""Pictures of people and marks of companies, all drawn here."""

from math import pi, sin
from random import Random

from apps.demo.canvas import WHITE, Canvas, Colour, darker, encoded, lighter, mixed
from apps.demo.palettes import CLOTHES, HAIRS, INK, MARKS, SKINS, WALLS

SIDE = 512


def portrait(rng: Random, woman: bool) -> bytes:
    top, bottom = rng.choice(WALLS)
    canvas = Canvas(SIDE, SIDE, top, bottom)
    skin, hair, clothes = rng.choice(SKINS), rng.choice(HAIRS), rng.choice(CLOTHES)
    if rng.random() < 0.5:
        canvas.disc(0.5, 0.5, 0.42, lighter(mixed(top, bottom, 0.5), 0.25))
    style = rng.choice(
        ["long", "long", "bob", "bun", "curls", "straight"]
        if woman
        else ["short", "short", "quiff", "curls", "bald", "parted"]
    )
    hair_behind(canvas, style, hair)
    body(canvas, rng, skin, clothes)
    head(canvas, skin)
    if not woman and rng.random() < 0.4:
        beard(canvas, mixed(hair, skin, 0.15), skin)
    face(canvas, rng, skin, hair)
    hair_before(canvas, style, hair)
    if rng.random() < 0.22:
        glasses(canvas)
    return encoded(canvas.finished(), "WEBP")


def hair_behind(canvas: Canvas, style: str, hair: Colour) -> None:
    if style in ("long", "straight"):
        canvas.slab(0.5, 0.56, 0.46, 0.6, hair, corner=0.2)
    elif style == "bob":
        canvas.slab(0.5, 0.47, 0.47, 0.42, hair, corner=0.19)
    elif style == "bun":
        canvas.disc(0.5, 0.13, 0.095, hair)
    elif style == "curls":
        for x, y in ((0.31, 0.33), (0.69, 0.33), (0.3, 0.44), (0.7, 0.44), (0.36, 0.24), (0.64, 0.24), (0.5, 0.19)):
            canvas.disc(x, y, 0.1, hair)


def body(canvas: Canvas, rng: Random, skin: Colour, clothes: Colour) -> None:
    canvas.slab(0.5, 0.7, 0.17, 0.26, darker(skin, 0.14), corner=0.07)
    canvas.slab(0.5, 1.08, 0.78, 0.58, clothes, corner=0.24)
    collar = rng.choice(["round", "v", "shirt", "high"])
    if collar == "round":
        canvas.oval(0.5, 0.79, 0.24, 0.13, darker(skin, 0.14))
    elif collar == "v":
        canvas.shape([(0.39, 0.785), (0.61, 0.785), (0.5, 0.93)], darker(skin, 0.14))
    elif collar == "shirt":
        canvas.shape([(0.4, 0.78), (0.6, 0.78), (0.5, 0.9)], darker(skin, 0.14))
        canvas.shape([(0.39, 0.77), (0.5, 0.9), (0.42, 0.95)], lighter(clothes, 0.35))
        canvas.shape([(0.61, 0.77), (0.5, 0.9), (0.58, 0.95)], lighter(clothes, 0.35))
    else:
        canvas.slab(0.5, 0.78, 0.22, 0.09, darker(clothes, 0.12), corner=0.03)


def head(canvas: Canvas, skin: Colour) -> None:
    for x in (0.315, 0.685):
        canvas.oval(x, 0.455, 0.075, 0.11, darker(skin, 0.08))
    canvas.slab(0.5, 0.44, 0.36, 0.47, skin, corner=0.18)


def beard(canvas: Canvas, hair: Colour, skin: Colour) -> None:
    canvas.slab(0.5, 0.565, 0.36, 0.22, hair, corner=0.12)
    canvas.slab(0.5, 0.495, 0.3, 0.12, skin, corner=0.06)
    canvas.oval(0.5, 0.575, 0.13, 0.045, mixed(skin, (190, 70, 80), 0.25))


def face(canvas: Canvas, rng: Random, skin: Colour, hair: Colour) -> None:
    brow = darker(hair, 0.3) if sum(hair) < 450 else darker(skin, 0.45)
    lift = rng.choice([0.0, 0.006, 0.012])
    for x in (0.425, 0.575):
        canvas.oval(x, 0.44, 0.034, 0.042, INK)
        canvas.disc(x + 0.007, 0.432, 0.006, WHITE)
        canvas.arc((x, 0.4 - lift), (0.085, 0.04), (205, 335), brow, 0.013)
    for x in (0.385, 0.615):
        canvas.oval(x, 0.515, 0.06, 0.036, mixed(skin, (230, 90, 90), 0.18))
    canvas.arc((0.5, 0.485), (0.045, 0.04), (20, 160), darker(skin, 0.3), 0.011)
    if rng.random() < 0.4:
        canvas.draw.chord(canvas.box(0.5, 0.555, 0.13, 0.1), 0, 180, (255, 250, 245))
    else:
        canvas.arc((0.5, 0.545), (0.12, 0.075), (20, 160), darker(mixed(skin, (190, 40, 60), 0.45), 0.1), 0.014)


def hair_before(canvas: Canvas, style: str, hair: Colour) -> None:
    if style == "bald":
        return
    if style in ("long", "bob"):  # parted in the middle
        canvas.draw.chord(canvas.box(0.5, 0.365, 0.4, 0.36), 180, 360, hair)
        canvas.shape([(0.3, 0.36), (0.5, 0.2), (0.42, 0.31), (0.33, 0.42), (0.305, 0.48)], hair)
        canvas.shape([(0.7, 0.36), (0.5, 0.2), (0.58, 0.31), (0.67, 0.42), (0.695, 0.48)], hair)
        return
    canvas.draw.chord(canvas.box(0.5, 0.345, 0.4, 0.35), 180, 360, hair)
    if style in ("straight", "short"):
        canvas.slab(0.5, 0.325, 0.37, 0.06, hair, corner=0.03)
    elif style == "quiff":
        canvas.oval(0.53, 0.2, 0.32, 0.15, hair)
    elif style == "parted":
        canvas.shape([(0.305, 0.36), (0.42, 0.3), (0.69, 0.335), (0.69, 0.3), (0.5, 0.19)], hair)
    elif style == "curls":
        for x in (0.34, 0.43, 0.52, 0.61, 0.67):
            canvas.disc(x, 0.29, 0.058, hair)
    if style in ("short", "quiff", "parted"):
        for x in (0.322, 0.678):
            canvas.slab(x, 0.38, 0.03, 0.1, hair, corner=0.012)


def glasses(canvas: Canvas) -> None:
    for x in (0.42, 0.58):
        canvas.ring(x, 0.442, 0.062, INK, 0.011)
    canvas.line([(0.48, 0.435), (0.52, 0.435)], INK, 0.011)


def mark(rng: Random) -> bytes:
    """The mark of a company."""
    ground, figure = rng.choice(MARKS)
    canvas = Canvas(SIDE, SIDE, ground, ground)
    rng.choice([petals, stripes, waves, peaks, orbit, leaf, arches, tiles])(canvas, rng, figure, ground)
    return encoded(canvas.finished(), "WEBP")


def petals(canvas: Canvas, rng: Random, figure: Colour, ground: Colour) -> None:
    for x, y in ((0.38, 0.38), (0.62, 0.38), (0.38, 0.62), (0.62, 0.62)):
        canvas.disc(x, y, 0.14, figure)
    canvas.disc(0.5, 0.5, rng.choice([0.06, 0.09]), ground)


def stripes(canvas: Canvas, rng: Random, figure: Colour, ground: Colour) -> None:
    canvas.disc(0.5, 0.5, 0.29, figure)
    for y in (0.55, 0.63, 0.71):
        canvas.slab(0.5, y, 0.7, rng.choice([0.02, 0.03, 0.035]), ground)


def waves(canvas: Canvas, rng: Random, figure: Colour, ground: Colour) -> None:
    for y in (0.38, 0.5, 0.62):
        for step in range(4):
            angles = (180, 360) if step % 2 else (0, 180)
            canvas.arc((0.26 + step * 0.16, y), (0.195, 0.16), angles, figure, 0.035)


def peaks(canvas: Canvas, rng: Random, figure: Colour, ground: Colour) -> None:
    canvas.shape([(0.2, 0.7), (0.42, 0.3), (0.64, 0.7)], figure)
    canvas.shape([(0.44, 0.7), (0.62, 0.42), (0.8, 0.7)], mixed(figure, ground, 0.35))
    canvas.disc(0.7, 0.3, rng.choice([0.05, 0.065]), figure)


def orbit(canvas: Canvas, rng: Random, figure: Colour, ground: Colour) -> None:
    canvas.ring(0.5, 0.5, 0.27, figure, 0.05)
    x, y = rng.choice([(0.69, 0.31), (0.31, 0.69), (0.5, 0.23)])
    canvas.disc(x, y, 0.1, ground)
    canvas.disc(x, y, 0.065, figure)


def leaf(canvas: Canvas, rng: Random, figure: Colour, ground: Colour) -> None:
    half, turn = rng.choice([0.15, 0.2]), rng.choice([-1, 1])
    edge = [(half * sin(pi * step / 20), 0.2 + 0.6 * step / 20) for step in range(21)]
    blade = [(x, y) for x, y in edge] + [(-x, y) for x, y in reversed(edge)]
    lean = turn * 0.45
    canvas.shape([(0.5 + x - (y - 0.5) * lean, y) for x, y in blade], figure)
    canvas.line([(0.5 + 0.12 * lean, 0.38), (0.5 - 0.38 * lean, 0.88)], ground, 0.018)


def arches(canvas: Canvas, rng: Random, figure: Colour, ground: Colour) -> None:
    fills = [figure, ground] * 3
    for step, fill in enumerate(fills[: rng.choice([3, 5])]):
        size = 0.56 - 0.11 * step
        canvas.slice(0.5, 0.66, size / 2 + 0.02, (180, 360), fill)


def tiles(canvas: Canvas, rng: Random, figure: Colour, ground: Colour) -> None:
    for x in (0.32, 0.5, 0.68):
        for y in (0.32, 0.5, 0.68):
            if rng.random() < 0.7:
                canvas.slab(
                    x, y, 0.155, 0.155, figure if rng.random() < 0.7 else mixed(figure, ground, 0.45), corner=0.03
                )
