"""Pictures for stories: places and things, drawn in a few shapes and a few colours."""

from collections.abc import Callable, Iterator
from math import cos, pi, sin
from random import Random

from apps.demo.canvas import WHITE, Canvas, Colour, colour, darker, encoded, lighter, mixed
from apps.demo.palettes import (
    BITES,
    DISHES,
    GREENS,
    GROUNDS,
    LIGHT_GROUNDS,
    LIGHTS,
    NIGHTS,
    POTS,
    SETS,
    SKIES,
    SLOPES,
    WOODS,
)

WIDTH, HEIGHT = 720, 1280
TALL = HEIGHT / WIDTH


def scene(rng: Random, kind: str) -> bytes:
    return encoded(SCENES[kind](rng).finished(), "JPEG")


def banner(rng: Random, kind: str) -> bytes:
    """The part of a scene where most is to be seen, broader than high."""
    return encoded(SCENES[kind](rng).finished().crop((0, 440, WIDTH, 440 + WIDTH * 9 // 16)), "JPEG")


def wave(rng: Random, level: float, swing: float) -> Iterator[tuple[float, float]]:
    """A line from left to right that rises and falls round `level`."""
    first, second = rng.random() * 2 * pi, rng.random() * 2 * pi
    speed = rng.uniform(0.8, 1.6)
    for step in range(41):
        x = step / 40
        yield x, level + swing * (sin(2 * pi * x * speed + first) * 0.7 + sin(4.4 * pi * x * speed + second) * 0.3)


def ground(canvas: Canvas, line: Iterator[tuple[float, float]], fill: Colour) -> None:
    """All that is below the line."""
    canvas.shape([(0, TALL), *line, (1, TALL)], fill)


def sea(rng: Random) -> Canvas:
    top, bottom = rng.choice(SKIES)
    canvas = Canvas(WIDTH, HEIGHT, top, bottom)
    x, horizon = rng.uniform(0.25, 0.75), rng.uniform(0.95, 1.1)
    sun = mixed(bottom, WHITE, 0.6)
    for radius in (0.26, 0.2, 0.14):
        canvas.disc(x, horizon - 0.08, radius, mixed(bottom, sun, 1.12 - radius * 3))
    water = darker(mixed(top, colour("#1d6fa3"), 0.5), 0.1)
    for step in range(6):
        level = horizon + step * step * 0.025 + step * 0.02
        ground(canvas, wave(rng, level, 0.004 + step * 0.004), mixed(water, darker(water, 0.5), step / 7))
    for step in range(14):
        y = horizon + 0.03 + step * 0.035
        canvas.slab(x + rng.uniform(-0.06, 0.06), y, rng.uniform(0.05, 0.22), 0.008, lighter(sun, 0.2), corner=0.004)
    if rng.random() < 0.6:
        sail(canvas, rng.uniform(0.15, 0.85), horizon + 0.02, darker(water, 0.4))
    return canvas


def sail(canvas: Canvas, x: float, y: float, hull: Colour) -> None:
    canvas.shape([(x - 0.06, y), (x + 0.06, y), (x + 0.035, y + 0.025), (x - 0.04, y + 0.025)], hull)
    canvas.shape([(x, y - 0.008), (x, y - 0.14), (x + 0.055, y - 0.008)], WHITE)
    canvas.shape([(x - 0.008, y - 0.008), (x - 0.008, y - 0.11), (x - 0.045, y - 0.008)], (235, 235, 240))


def hills(rng: Random) -> Canvas:
    top, bottom = rng.choice(SKIES)
    canvas = Canvas(WIDTH, HEIGHT, top, bottom)
    canvas.disc(rng.uniform(0.2, 0.8), rng.uniform(0.35, 0.6), 0.09, mixed(bottom, WHITE, 0.7))
    near = rng.choice(SLOPES)
    for step in range(5):
        fill = mixed(mixed(bottom, top, 0.3), near, (step + 1) / 5)
        level = 0.78 + step * 0.17
        if step < 2:
            ground(canvas, iter(ridge(rng, level)), fill)
        else:
            ground(canvas, wave(rng, level, 0.07), fill)
    for _ in range(rng.randint(5, 11)):
        fir(canvas, rng.random(), rng.uniform(1.52, 1.74), rng.uniform(0.1, 0.2), darker(near, 0.35))
    return canvas


def ridge(rng: Random, level: float) -> list[tuple[float, float]]:
    count = rng.randint(4, 6)
    points = [(0.0, level)]
    for step in range(count):
        points.append(((step + rng.uniform(0.35, 0.65)) / count, level - rng.uniform(0.14, 0.3)))
        points.append(((step + 1) / count, level - rng.uniform(0, 0.08)))
    return points


def fir(canvas: Canvas, x: float, foot: float, height: float, fill: Colour) -> None:
    for part in (1.0, 0.75, 0.5):
        half = height * 0.3 * part
        canvas.shape(
            [(x - half, foot - height * (1 - part)), (x + half, foot - height * (1 - part)), (x, foot - height)], fill
        )


def city(rng: Random) -> Canvas:
    top, bottom = rng.choice(NIGHTS)
    canvas = Canvas(WIDTH, HEIGHT, top, bottom)
    for _ in range(50):
        canvas.disc(
            rng.random(), rng.random() * 0.9, rng.uniform(0.001, 0.0035), mixed(top, WHITE, rng.uniform(0.4, 0.9))
        )
    canvas.disc(rng.uniform(0.2, 0.8), rng.uniform(0.25, 0.5), 0.075, colour("#fdf3d0"))
    for row in range(3):
        fill = mixed(mixed(bottom, top, 0.4), darker(top, 0.75), (row + 1) / 3)
        x = -rng.random() * 0.1
        while x < 1:
            width, roof = rng.uniform(0.1, 0.2), rng.uniform(0.72, 1.1) + row * 0.2
            tower(canvas, rng, x, roof, width, fill=fill, lit=row > 0)
            x += width + rng.uniform(0, 0.02)
    return canvas


def tower(canvas: Canvas, rng: Random, x: float, roof: float, width: float, *, fill: Colour, lit: bool) -> None:
    canvas.shape([(x, TALL), (x, roof), (x + width, roof), (x + width, TALL)], fill)
    if rng.random() < 0.25:
        canvas.line([(x + width / 2, roof), (x + width / 2, roof - 0.07)], fill, 0.006)
    if not lit:
        return
    columns = max(int(width / 0.035), 1)
    for column in range(columns):
        for floor in range(int((TALL - roof) / 0.055)):
            if rng.random() < 0.42:
                middle = x + width * (column + 0.5) / columns
                canvas.slab(middle, roof + 0.04 + floor * 0.055, 0.014, 0.024, rng.choice(LIGHTS))


def table(rng: Random) -> Canvas:
    """Seen from above."""
    cloth, colours = rng.choice(LIGHT_GROUNDS), rng.choice(SETS)
    canvas = Canvas(WIDTH, HEIGHT, lighter(cloth, 0.2), darker(cloth, 0.06))
    if rng.random() < 0.5:
        for step in range(13):
            canvas.slab(0.5, step * 0.15, 1, 0.035, mixed(cloth, colours[0], 0.22))
    spots = [
        (0.3, 0.42, 0.25),
        (0.76, 0.72, 0.2),
        (0.32, 1.06, 0.22),
        (0.72, 1.4, 0.25),
        (0.78, 0.24, 0.12),
        (0.22, 1.55, 0.13),
    ]
    for spot_x, spot_y, radius in spots:
        x, y = spot_x + rng.uniform(-0.03, 0.03), spot_y + rng.uniform(-0.04, 0.04)
        canvas.disc(x + 0.012, y + 0.018, radius, darker(cloth, 0.22))
        draw = cup if radius < 0.15 else plate
        draw(canvas, rng, x, y, radius, colours=colours)
    return canvas


def plate(canvas: Canvas, rng: Random, x: float, y: float, radius: float, *, colours: list[Colour]) -> None:
    rim = rng.choice([WHITE, colour("#fff8ee"), lighter(colours[0], 0.7)])
    canvas.disc(x, y, radius, rim)
    canvas.disc(x, y, radius * 0.74, darker(rim, 0.06))
    canvas.disc(x, y, radius * 0.6, rng.choice(DISHES))
    bites = rng.sample(BITES, 3)
    for _ in range(rng.randint(9, 16)):
        away, angle = rng.uniform(0, radius * 0.48), rng.uniform(0, 2 * pi)
        size = rng.uniform(0.012, 0.035)
        canvas.disc(x + away * cos(angle), y + away * sin(angle), size, rng.choice(bites))


def cup(canvas: Canvas, rng: Random, x: float, y: float, radius: float, *, colours: list[Colour]) -> None:
    glaze = rng.choice([WHITE, *colours])
    canvas.disc(x, y, radius, lighter(glaze, 0.45))
    canvas.slab(x + radius * 0.62, y, radius * 0.5, radius * 0.2, glaze, corner=radius * 0.08)
    canvas.disc(x, y, radius * 0.66, glaze)
    canvas.disc(x, y, radius * 0.56, colour("#6f4518"))
    canvas.disc(x, y, radius * 0.3, colour("#c8a27a"))


def shapes(rng: Random) -> Canvas:
    base, colours = rng.choice(GROUNDS), rng.choice(SETS)
    canvas = Canvas(WIDTH, HEIGHT, base, base)
    side = 1 / 3
    for row in range(6):
        for column in range(3):
            x, y = (column + 0.5) * side, (row + 0.4) * side
            one, other = rng.sample(colours, 2)
            if rng.random() < 0.75:
                canvas.slab(x, y, side, side, one)
            tile = rng.choice(["disc", "quarter", "half", "ring", "triangle", "none"])
            draw_tile(canvas, tile, x, y, side, fill=other, turn=rng.choice([0, 90, 180, 270]))
    return canvas


def draw_tile(canvas: Canvas, tile: str, x: float, y: float, side: float, *, fill: Colour, turn: int) -> None:
    half = side / 2
    if tile == "disc":
        canvas.disc(x, y, half * 0.7, fill)
    elif tile == "ring":
        canvas.ring(x, y, half * 0.75, fill, side * 0.14)
    elif tile == "half":
        canvas.slice(x, y, half, (turn, turn + 180), fill)
    elif tile == "quarter":
        dx, dy = {0: (-1, -1), 90: (1, -1), 180: (1, 1), 270: (-1, 1)}[turn]
        canvas.slice(x + dx * half, y + dy * half, side, (turn, turn + 90), fill)
    elif tile == "triangle":
        canvas.shape([(x - half, y + half), (x + half, y + half), (x + (half if turn > 90 else -half), y - half)], fill)


def plants(rng: Random) -> Canvas:
    wall = rng.choice(LIGHT_GROUNDS)
    canvas = Canvas(WIDTH, HEIGHT, lighter(wall, 0.35), wall)
    canvas.slice(0.5, 1.05, 0.4, (180, 360), mixed(wall, rng.choice(rng.choice(SETS)), 0.35))
    canvas.slab(0.5, 1.2, 0.8, 0.31, mixed(wall, WHITE, 0.25))
    for _ in range(rng.randint(10, 15)):
        stalk(canvas, rng, rng.choice(GREENS))
    pot = rng.choice(POTS)
    canvas.shape([(0.32, 1.2), (0.68, 1.2), (0.62, 1.56), (0.38, 1.56)], pot)
    canvas.slab(0.5, 1.21, 0.42, 0.075, darker(pot, 0.14), corner=0.012)
    ground(canvas, iter([(0, 1.56), (1, 1.56)]), darker(wall, 0.28))
    return canvas


def stalk(canvas: Canvas, rng: Random, green: Colour) -> None:
    """A stem out of the pot with a pair of leaves at each knot."""
    lean, height = rng.uniform(-0.36, 0.36), rng.uniform(0.35, 0.85)
    points = [(0.5 + lean * part * part, 1.2 - height * part) for part in (0, 0.25, 0.5, 0.75, 1)]
    canvas.line(points, darker(green, 0.25), 0.008)
    for x, y in points[1:]:
        for side in (-1, 1):
            long, thick = rng.uniform(0.08, 0.15), rng.uniform(0.025, 0.045)
            tip = (x + side * long, y - long * 0.55)
            middle = (x + side * long * 0.5, y - long * 0.25)
            canvas.shape(
                [(x, y), (middle[0], middle[1] - thick), tip, (middle[0] + side * thick * 0.5, middle[1] + thick)],
                green,
            )


def record(rng: Random) -> Canvas:
    base, colours = rng.choice(GROUNDS), rng.choice(SETS)
    canvas = Canvas(WIDTH, HEIGHT, base, darker(base, 0.12))
    for step in range(9):  # bars, as of a sound
        canvas.slab(0.1 + step * 0.1, 0.3, 0.04, rng.uniform(0.06, 0.34), colours[step % 4], corner=0.02)
    canvas.disc(0.512, 1.062, 0.42, darker(base, 0.3))
    canvas.disc(0.5, 1.05, 0.42, colour("#16161a"))
    for radius in (0.39, 0.36, 0.33, 0.3, 0.27, 0.24, 0.21):
        canvas.ring(0.5, 1.05, radius, colour("#2c2c33"), 0.004)
    canvas.slice(0.5, 1.05, 0.4, (215, 238), colour("#33333b"))
    canvas.disc(0.5, 1.05, 0.16, colours[0])
    canvas.slice(0.5, 1.05, 0.16, (0, 180), colours[1])
    canvas.disc(0.5, 1.05, 0.02, base)
    canvas.line([(0.92, 0.62), (0.86, 0.98), (0.72, 1.16)], colour("#d9d9de"), 0.022)
    canvas.disc(0.92, 0.62, 0.05, colour("#b8b8bf"))
    return canvas


def books(rng: Random) -> Canvas:
    wall, colours = rng.choice(GROUNDS), [*rng.choice(SETS), *rng.choice(SETS)]
    canvas = Canvas(WIDTH, HEIGHT, lighter(wall, 0.12), wall)
    wood = rng.choice(WOODS)
    for shelf in (0.5, 1.0, 1.5):
        x = 0.06
        while x < 0.86:
            width, height = rng.uniform(0.045, 0.085), rng.uniform(0.26, 0.4)
            book(canvas, rng, x, shelf, width, height=height, cover=rng.choice(colours))
            x += width + rng.choice([0.004, 0.004, 0.004, 0.05])
        canvas.slab(0.5, shelf + 0.015, 0.96, 0.03, wood, corner=0.004)
        canvas.slab(0.5, shelf + 0.034, 0.96, 0.01, darker(wall, 0.25))
    return canvas


def book(canvas: Canvas, rng: Random, x: float, shelf: float, width: float, *, height: float, cover: Colour) -> None:
    middle = x + width / 2
    canvas.slab(middle, shelf - height / 2, width, height, cover, corner=0.006)
    band = lighter(cover, 0.55) if sum(cover) < 420 else darker(cover, 0.45)
    for part in rng.sample([0.12, 0.2, 0.5, 0.82, 0.9], 2):
        canvas.slab(middle, shelf - height * part, width * 0.8, 0.012, band)


SCENES: dict[str, Callable[[Random], Canvas]] = {
    "sea": sea,
    "hills": hills,
    "city": city,
    "table": table,
    "shapes": shapes,
    "plants": plants,
    "record": record,
    "books": books,
}
