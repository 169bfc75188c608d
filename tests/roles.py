"""docs/staff/roles.md: what each seeded group may, made of the seeds and of the words that the rooms declare."""

from typing import Any

from apps.core.capabilities import by_section
from apps.core.operations.seed import permissions_of, read_fixtures

INTRODUCTION = """\
# What each group may

Made by `make openapi` of `fixtures/staff_roles.json` and of the capabilities that each room declares in its
`console.py`; what somebody has changed in an installation, its own *Groups* tell. *Brand manager* sees brands, and
*Influencer manager* influencers only. What is **bold** does harm in the wrong hands.
"""


def described() -> str:
    [fixture] = [fixture for fixture in read_fixtures() if fixture["model"] == "accounts.staffrole"]
    names = [row["name"] for row in fixture["rows"]]
    held = [set(permissions_of(fixture["grants"]["given"][row["slug"]])) for row in fixture["rows"]]
    lines = [INTRODUCTION, line_of(["may", *names]), line_of(["---"] + [":-:"] * len(names))]
    for section, capabilities in by_section().items():
        lines.append(line_of([f"*{section}*"] + [""] * len(names)))
        for each in capabilities:
            title = f"**{each.title}**" if each.is_dangerous else each.title
            lines.append(line_of([title, *("✓" if set(each.permissions) <= own else "" for own in held)]))
    return "\n".join(lines) + "\n"


def line_of(cells: list[Any]) -> str:
    return f"| {' | '.join(cells)} |"
