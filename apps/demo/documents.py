"""Proofs of identity and business: waiting, approved and rejected."""

import hashlib
from datetime import datetime, timedelta

from apps.accounts.models import Document
from apps.core.audit import name_of
from apps.core.models import AuditEntry
from apps.core.site_settings import site_settings
from apps.demo.cast import Person
from apps.demo.gallery import keep
from apps.demo.papers import Lines, card, pdf
from apps.demo.texts import capital
from apps.demo.world import BATCH, World, times_as_given

Status = Document.Status
Type = Document.Type

REASONS = [
    "The picture is too dark to read the number.",
    "The document expired in March.",
    "The name on the document is not the name of the account.",
    "One corner is missing. Please photograph the whole page.",
    "The stamp covers the date of issue.",
    "The file shows a screen, not the document itself.",
]
SPECIMEN = "Specimen, made by Infloo's demo. Nothing in it is real."
CARDS = 60
"""So many of the newest proofs of identity are drawn as cards; the others are PDFs, which cost less."""
MONTHS = ["January", "March", "June", "August", "November"]


def hand_in(world: World) -> list[Document]:
    rows = [row for person in world.members for row in documents_of(world, person, reviewers(world, person))]
    rows.sort(key=lambda row: row.created_at)
    persons = {person.pk: person for person in world.people}
    kept = world.now - timedelta(site_settings().document_retention_days)
    cards = [row for row in rows if row.type == Type.IDENTITY][-CARDS:]
    for row in world.progress.of("documents", rows):
        if row.reviewed_at and row.reviewed_at < kept:
            erase(world, row)
        else:
            fill(world, row, persons[row.user_id], is_card=row in cards)
    with times_as_given(Document):
        Document.objects.bulk_create(rows, batch_size=BATCH)
        AuditEntry.objects.bulk_create([entry for row in rows for entry in entries_of(row)], batch_size=BATCH)
    return rows


def reviewers(world: World, person: Person) -> list[Person]:
    """Those of the staff who decide documents of people like this one."""
    groups = {"", "platform-admin", f"{person.role}-manager"}
    return [each for each in world.people if not each.is_member and each.login and each.login.group in groups]


def documents_of(world: World, person: Person, staff: list[Person]) -> list[Document]:
    """Whoever has the blue tick was approved, some at the second try; of the others, some wait or were refused."""
    start = world.between(person.joined, min(person.joined + timedelta(days=20), world.now))
    refused = document(person, Status.REJECTED, start)
    decide(world, refused, staff)
    if person.user.is_verified:
        again = world.between(refused.reviewed_at or start, world.ago(1, 1))
        second = world.rng.random() < 0.15
        approved = document(person, Status.APPROVED, again if second else start)
        decide(world, approved, staff)
        return [refused, approved] if second else [approved]
    kind = 0.05 if person.login else world.rng.random()
    pending = document(person, Status.PENDING, max(world.ago(0.05, 6), person.joined))
    if kind < 0.15:
        return [pending]
    return [refused] if kind < 0.25 else []


def document(person: Person, status: Status, at: datetime) -> Document:
    type = Type.BUSINESS if person.role in ("brand", "entrepreneur") else Type.IDENTITY
    return Document(user=person.user, type=type, status=status, created_at=at)


def decide(world: World, row: Document, staff: list[Person]) -> None:
    row.reviewed_at = world.between(row.created_at, min(row.created_at + timedelta(days=3), world.now))
    row.reviewed_by = world.rng.choice(staff).user
    row.reason = world.rng.choice(REASONS) if row.status == Status.REJECTED else ""


def erase(world: World, row: Document) -> None:
    """Of a file that is gone, size and hash stay."""
    row.content_type, row.size = "image/jpeg", world.rng.randrange(40_000, 900_000)
    row.sha256 = world.rng.randbytes(32).hex()


def fill(world: World, row: Document, person: Person, *, is_card: bool) -> None:
    name = f"{person.first} {person.last}".strip()
    if is_card:
        content = card(world.rng, name, identity(world, person))
    elif row.type == Type.IDENTITY:
        content = pdf("Identity card", [("name", name), *identity(world, person)], SPECIMEN)
    else:
        content = pdf("Extract from the commercial register", business(world, person, name), SPECIMEN)
    row.content_type = "image/jpeg" if is_card else "application/pdf"
    row.size, row.sha256 = len(content), hashlib.sha256(content).hexdigest()
    keep(row.file, "document", content)


def identity(world: World, person: Person) -> Lines:
    rng = world.rng
    born = f"{rng.randint(1, 28)} {rng.choice(MONTHS)} {rng.randint(1968, 2003)}"
    return [("born", born), ("place", place(person)), ("number", f"{rng.randrange(10**9):09}")]


def business(world: World, person: Person, name: str) -> Lines:
    return [
        ("Company", person.company),
        ("Represented by", name),
        ("Registered in", place(person)),
        ("Registration number", f"HR {world.rng.randrange(10**6):06}"),
        ("Since", str(world.rng.randint(1998, 2024))),
        ("Purpose", capital(person.words.get("pitch") or f"making and selling {person.words['product']}")),
    ]


def place(person: Person) -> str:
    return f"{person.city}, {person.country['code']}"


def entries_of(row: Document) -> list[AuditEntry]:
    """What the audit trail says of the decision."""
    if row.reviewed_at is None:
        return []
    decision = {"actor": row.reviewed_by, "action": f"document.{row.status}", "note": row.reason}
    of = {"target": name_of(row), "target_name": row.kind_in_trail, "person": row.user}
    return [AuditEntry(**decision, **of, created_at=row.reviewed_at)]
