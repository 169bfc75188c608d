"""Accounts and profiles."""

from datetime import timedelta

from django.contrib.auth.hashers import make_password

from apps.accounts.models import Profile, ProfileCategory, ProfilePlatform, StaffRole, User, UserType
from apps.demo.cast import Person
from apps.demo.gallery import Gallery, keep
from apps.demo.logins import email_of, password
from apps.demo.portraits import mark, portrait
from apps.demo.texts import slug, texts, themes
from apps.demo.world import BATCH, World

TRUSTED = {"influencer": 0.5, "brand": 0.7, "entrepreneur": 0.5, "investor": 0.65, "staff": 0}
"""How many of a role have the blue tick."""
NOT_YET = {"tomas"}
PICTURES = 150
"""Different pictures of women, of men and of companies; a larger network has some twice."""
REACH = {"influencer": 4.3, "brand": 3.9, "entrepreneur": 3.2, "investor": 3.6}
"""The usual number of followers, as a power of ten."""


def join(world: World) -> None:
    people, gallery = world.people, Gallery(world.rng, PICTURES)
    # Hashing takes its time on purpose: all have the same password, so once is enough.
    secret = make_password(password())
    types = UserType.objects.in_bulk(field_name="slug")
    for person in people:
        person.user = account(world, person, types[person.role], secret)
    User.objects.bulk_create([person.user for person in people], batch_size=BATCH)
    for person in people:
        if person.login and person.login.group:
            person.user.groups.add(StaffRole.objects.get(slug=person.login.group))
    for person in world.progress.of("people", people):
        profile = profile_of(world, person)
        if person.login or world.rng.random() < 0.88:
            keep(profile.avatar, "avatar", picture(world, person, gallery))
    Profile.objects.bulk_create([person.user.profile for person in people], batch_size=BATCH)
    platforms = [row for person in people for row in platforms_of(world, person)]
    ProfilePlatform.objects.bulk_create(platforms, batch_size=BATCH)
    categories = [row for person in people for row in categories_of(world, person)]
    ProfileCategory.objects.bulk_create(categories, batch_size=BATCH)


def account(world: World, person: Person, user_type: UserType, secret: str) -> User:
    rng, now, login = world.rng, world.now, person.login
    is_trusted = rng.random() < TRUSTED[person.role] and now - person.joined > timedelta(days=6)
    last_seen = now - timedelta(hours=rng.expovariate(0.1))
    return User(
        username=person.username,
        email=email_of(person.username),
        password=secret,
        first_name=person.first,
        last_name=person.last,
        user_type=user_type,
        is_verified=person.is_member and login.username not in NOT_YET if login else is_trusted,
        email_verified=rng.random() < 0.93 or bool(login),
        is_staff=person.role == "staff",
        is_superuser=bool(login and login.is_superuser),
        is_active=rng.random() < 0.99 or bool(login),
        date_joined=person.joined,
        last_login=max(last_seen, person.joined),
    )


def profile_of(world: World, person: Person) -> Profile:
    rng, user, country = world.rng, person.user, person.country
    bio = bio_of(world, person)
    has_site = rng.random() < {"influencer": 0.4, "staff": 0}.get(person.role, 0.95)
    phone = f"{country['prefix']}555{rng.randrange(10**6):06}"
    return Profile(
        user=user,
        bio=bio,
        phone=phone if rng.random() < 0.6 else "",
        website=f"https://{slug(person.company or person.username, '-')}.example" if has_site else "",
        social_links={name: f"https://{name}.example/{person.username}" for name in platform_names(world, person)},
        business_category=person.theme,
        country=country["code"],
        city=person.city,
        timezone=country["cities"][person.city],
        languages=list(dict.fromkeys([*country["languages"], *(["en"] if rng.random() < 0.8 else [])])),
        search_text=Profile.searchable(user, bio),
    )


def bio_of(world: World, person: Person) -> str:
    """Three sentences out of the files, with this person's words in them."""
    rng = world.rng
    if not person.is_member:
        return "Part of the Infloo team. Looks after documents, reports and everything that sounds odd."
    theme = themes(person.role)[person.theme]
    if person.role == "influencer":
        parts = [theme["openings"], theme["details"], texts("influencers")["closings"]]
    elif person.role == "brand":
        parts = [theme["does"], texts("brands")["openings"], texts("brands")["closings"]]
    else:
        ventures, kind = texts("ventures"), "founder" if person.role == "entrepreneur" else "investor"
        parts = [ventures[f"{kind}_{part}"] for part in ("openings", "details", "closings")]
    facts = {
        "year": rng.randint(1998, 2024),
        "count": rng.choice(["four", "six", "nine", "fourteen", "twenty"]),
        "region": rng.choice(["Iberia", "the Nordics", "West Africa", "South Asia", "Benelux", "Latin America"]),
    }
    return " ".join(rng.choice(part) for part in parts).format(**person.words, **facts)


def picture(world: World, person: Person, gallery: Gallery) -> bytes:
    if person.role == "brand":
        return gallery.take("mark", lambda: mark(world.rng))
    return gallery.take("woman" if person.woman else "man", lambda: portrait(world.rng, person.woman))


def platform_names(world: World, person: Person) -> list[str]:
    if person.role == "influencer":
        known: list[str] = themes("influencer")[person.theme]["platforms"]
        return known[: world.rng.choice([1, 2, 2, 3])]
    return {"brand": ["instagram", "tiktok"][: world.rng.choice([1, 1, 2])], "staff": []}.get(person.role, ["linkedin"])


def platforms_of(world: World, person: Person) -> list[ProfilePlatform]:
    """The first is the strongest; the larger the audience, the fewer of it react."""
    rows: list[ProfilePlatform] = []
    power = min(max(world.rng.gauss(REACH.get(person.role, 0), 0.55), 2.3), 6.6)
    for name in person.user.profile.social_links:
        power -= world.rng.uniform(0, 0.5) if rows else 0
        followers = round(10**power, -max(int(power) - 2, 0))
        rate = round(max(world.rng.gauss(12 - 1.8 * power, 0.9), 0.4), 1)
        known = {"handle": person.username, "followers": followers, "engagement_rate": rate}
        rows.append(ProfilePlatform(profile=person.user.profile, platform=name, **known))
    return rows


def categories_of(world: World, person: Person) -> list[ProfileCategory]:
    if not person.is_member:
        return []
    theme = themes(person.role)[person.theme]
    near: list[str] = theme.get("also") or theme.get("suits", [])
    slugs = [person.theme, *world.some(near, world.rng.randint(0, 2))]
    return [ProfileCategory(profile=person.user.profile, slug=slug) for slug in slugs]
