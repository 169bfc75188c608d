"""Who is in it: roles, names, places, themes."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from apps.accounts.models import User
from apps.demo.logins import LOGINS, Login
from apps.demo.texts import capital, slug, texts, themes

YEARS = timedelta(days=540)
"""How long ago the first of them joined."""
ROLES = {"influencer": 58, "brand": 17, "entrepreneur": 14, "investor": 11}


@dataclass(eq=False)
class Person:
    role: str
    woman: bool
    country: dict[str, Any]
    city: str
    first: str
    last: str
    theme: str
    company: str
    joined: datetime
    username: str = ""
    login: Login | None = None
    words: dict[str, str] = field(default_factory=dict)
    user: User = field(init=False)

    @property
    def pk(self) -> int:
        return self.user.pk

    @property
    def is_member(self) -> bool:
        return self.role != "staff"


def cast(rng: Random, count: int, now: datetime) -> list[Person]:
    """The logins first: whoever is there longest knows the most people."""
    taken = {login.username for login in LOGINS}
    companies = {login.company for login in LOGINS}
    people = []
    for number in range(count):
        # More and more join: how many are there grows with the square of the time.
        joined = now - YEARS * (1 - ((number + rng.random()) / count) ** 0.5)
        if number < len(LOGINS):
            person = from_login(LOGINS[number], joined)
        else:
            person = somebody(rng, joined, companies)
            person.username = free(username(rng, person), taken)
        person.words = words_of(rng, person)
        people.append(person)
    return people


def from_login(login: Login, joined: datetime) -> Person:
    country = next(row for row in texts("places") if row["code"] == login.country)
    known = (login.role, login.woman, country, login.city, login.first, login.last, login.theme, login.company)
    return Person(*known, joined=joined, username=login.username, login=login)


def somebody(rng: Random, joined: datetime, companies: set[str]) -> Person:
    role = rng.choices(list(ROLES), list(ROLES.values()))[0]
    theme = rng.choice(list(themes(role)))
    places = texts("places")
    country = rng.choices(places, [place.get("share", 1) for place in places])[0]
    woman = rng.random() < 0.55
    company = "" if role == "influencer" else free(company_name(rng, role, theme), companies, gap=" No. ")
    first, last = rng.choice(country["women" if woman else "men"]), rng.choice(country["families"])
    if role == "brand":
        first, last = company, ""
    return Person(role, woman, country, rng.choice(list(country["cities"])), first, last, theme, company, joined)


def company_name(rng: Random, role: str, theme: str) -> str:
    if role == "brand":
        fronts, kinds = texts("brands")["fronts"], themes("brand")[theme]["backs"]
        front, back = rng.choice(fronts), rng.choice(kinds)
        pair = f"{front} & {rng.choice(texts('brands')['joined'])}"
        return pair if rng.random() < 0.3 else f"{pair if rng.random() < 0.2 else front} {back}"
    ventures = texts("ventures")
    if role == "entrepreneur":
        return str(rng.choice(ventures["name_fronts"]) + rng.choice(ventures["name_backs"]))
    return f"{rng.choice(ventures['fund_fronts'])} {rng.choice(ventures['fund_backs'])}"


def username(rng: Random, person: Person) -> str:
    if person.role == "brand":
        return slug(person.company)
    first, last = slug(person.first), slug(person.last)
    styles = [f"{first}.{last}", f"{first}{last}", f"{first}_{last}", f"{last}.{first}", f"{first[0]}.{last}"]
    if person.role == "influencer":
        handle = rng.choice(themes("influencer")[person.theme]["handle"])
        styles += [f"{first}_{handle}", f"{first}.{handle}", f"{first}{handle}"]
    return rng.choice(styles)


def free(name: str, taken: set[str], gap: str = "") -> str:
    """`name`, or with the first number that nobody has; it is taken from now on."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name}{gap}{number}"
    taken.add(found)
    return found


def words_of(rng: Random, person: Person) -> dict[str, str]:
    """What the texts fill in for this person."""
    words = {"name": person.first, "company": person.company, "city": person.city, "user": person.username}
    if person.is_member:
        theme = themes(person.role)[person.theme]
        words["theme"] = theme.get("field") or theme.get("word", person.theme)
        words |= {one: rng.choice(theme[many]) for one, many in SEVERAL.items() if many in theme}
        words = {name: text.format(**words) for name, text in words.items()}
    return words | {capital(name): capital(text) for name, text in words.items()}


SEVERAL = {"pitch": "pitches", "traction": "traction", "product": "products"}
