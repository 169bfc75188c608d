"""The colours of all pictures."""

from apps.demo.canvas import Colour, colour


def row(names: str) -> list[Colour]:
    return [colour(name) for name in names.split()]


def rows(names: str) -> list[list[Colour]]:
    return [row(part) for part in names.split(",")]


INK = colour("#2b2230")

# People
SKINS = row("#ffe0cc #f5cdb0 #e8b48f #d19a72 #b47a52 #8f5a3a #6f4329 #52301e")
HAIRS = row("#1d1a1f #2b211e #3d2a20 #5a3a26 #7a4c2a #a8713a #cfa15c #8c3b24 #9a9690")
CLOTHES = row("#264653 #2a9d8f #e76f51 #f4a261 #6d597a #355070 #b56576 #f2efe9 #2f3e46 #84a98c #bc4749 #1b1b1e")
WALLS = rows(
    "#fde2e4 #f7b2bd, #cfe8ff #8fbce6, #fff1c9 #f3c677, #d8f3dc #95d5b2, #e7dcff #b8a1e3,"
    "#ffe5d0 #f2a97e, #d7f0f2 #83c5be, #ece4db #c9b8a5, #dfe7fd #a5b4e8, #f1faee #a8dadc"
)

# Marks: ground and figure
MARKS = rows(
    "#1d3557 #f1faee, #e63946 #ffe8d6, #2a9d8f #e9f5db, #f4a261 #43281c, #3a0ca3 #f8edff, #283618 #fefae0,"
    "#bc6c25 #fff3e0, #0b525b #b5e2d0, #f2e9e4 #22223b, #ffd166 #073b4c, #ef476f #fff0f3, #111111 #f5f5f5"
)

# Places: above and below
SKIES = rows(
    "#2b2d6e #f7a072, #5fa8d3 #fdf0d5, #f08a5d #f9ed69, #355c7d #f8b195,"
    "#8ecae6 #e9f5ff, #463f73 #e58ab6, #0f4c5c #e8c07d, #ffb4a2 #ffe5d9"
)
NIGHTS = rows("#0d1b3e #6b4e8f, #111827 #274c77, #241442 #c8553d")
SLOPES = row("#1b3a4b #22402f #3b1f3d #2d3142")
LIGHTS = row("#ffd97d #ffe8b5 #f9c74f")

# Things
LIGHT_GROUNDS = row("#f4e9dc #e8ded1 #dfe7e1 #f6d8c9 #cdd9e5 #fbe7c6")
GROUNDS = LIGHT_GROUNDS + row("#3d405b #22333b")
SETS = rows(
    "#e07a5f #3d405b #81b29a #f2cc8f, #ef476f #ffd166 #06d6a0 #118ab2, #264653 #2a9d8f #e9c46a #e76f51,"
    "#6d597a #b56576 #e56b6f #eaac8b, #335c67 #fff3b0 #e09f3e #9e2a2b, #003049 #d62828 #f77f00 #fcbf49,"
    "#5f0f40 #9a031e #fb8b24 #e36414, #606c38 #283618 #dda15e #bc6c25"
)
DISHES = row("#c8553d #e09f3e #a7b86b #f2d0a4 #8c4a2f #f4e3c1 #b23a48 #d9a05b")
BITES = row("#6a994e #386641 #d62828 #fefae0 #f4a261 #7f2f2f #ffd166 #4a2c2a")
GREENS = row("#386641 #6a994e #a7c957 #1b4332 #40916c #74a57f")
POTS = row("#c1623f #e3d5ca #457b9d #f4a261 #2f3e46")
WOODS = row("#7f5539 #4a3728 #b08968 #e6ccb2")
