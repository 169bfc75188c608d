"""The rows of the audit trail: what they keep, and that nobody changes them."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.models import ProtectedError

from apps.accounts.models import UserType
from apps.core import audit
from apps.core.http.clients import caller_address
from apps.core.models import AuditEntry
from apps.core.trail import RowLinks, details_of, sentence_of, sentences
from apps.moderation.models import Case
from tests.client import ApiClient
from tests.factories import (
    AttendanceFactory,
    DocumentFactory,
    EventFactory,
    MessageFactory,
    ReportFileFactory,
    StaffFactory,
    StoryFactory,
    UserFactory,
)

ACTION = re.compile(r"[a-z]+\.[a-z_]+")


def recorded(**values) -> AuditEntry:
    audit.record(actor=StaffFactory(username="ada"), **values)
    return AuditEntry.objects.get()


def read(entry: AuditEntry) -> str:
    return sentence_of(entry, RowLinks())


@pytest.mark.parametrize(
    ("action", "make", "sentence"),
    [
        ("document.approved", lambda bob: DocumentFactory(user=bob), "approved bob's identity document"),
        ("story.taken_down", lambda bob: StoryFactory(user=bob, caption="Secret"), "took down bob's story"),
        ("event.cancelled", lambda bob: EventFactory(host=bob, title="Secret"), "cancelled bob's event"),
        ("event.attendee_removed", lambda bob: AttendanceFactory(user=bob), "removed bob from an event"),
        ("message.viewed", lambda bob: MessageFactory(sender=bob, content="Secret"), "read bob's message"),
        ("user.mfa_reset", lambda bob: bob, "reset bob's two-step login"),
        ("row.changed", lambda bob: UserType.objects.get(slug="brand"), "changed user type Brand"),
    ],
)
def test_it_is_told_in_a_sentence_without_the_words_of_people(db, action, make, sentence):
    entry = recorded(action=action, target=make(UserFactory(username="bob")))

    assert read(entry) == sentence.replace("'", "&#x27;") or read(entry) == sentence
    assert "Secret" not in f"{entry.target_name} {entry.changes} {entry.note}"


def test_a_sentence_is_shown_and_never_run(db):
    UserType.objects.filter(slug="brand").update(name="<script>{thing}</script>")

    entry = recorded(action="row.changed", target=UserType.objects.get(slug="brand"), note="<b>why</b> {person}")

    assert read(entry) == "changed user type &lt;script&gt;{thing}&lt;/script&gt;"
    assert details_of(entry) == "Because: <b>why</b> {person}"  # escaped by the page that shows it


def test_it_says_what_changed_and_why(db):
    changes = {"capacity": ["10", "20"], "title": []}

    entry = recorded(action="event.changed", target=EventFactory(), changes=changes, note="A larger room")

    assert details_of(entry) == "Capacity: 10 → 20; Title. Because: A larger room"


def test_it_is_about_the_person_to_whom_the_row_leads_first(db):
    file = ReportFileFactory()

    audit.record_look(audit.Look(StaffFactory(), "case.file_viewed", file, file.case.target_owner_id))

    assert AuditEntry.objects.about(file.case.target_owner_id).get().target == f"moderation.reportfile:{file.pk}"


def test_it_says_from_where_and_in_which_request(db):
    story = StoryFactory()

    ApiClient(StaffFactory()).delete(f"/stories/{story.pk}", x_request_id="look-1")

    entry = AuditEntry.objects.get()
    assert (entry.address, entry.request_id, entry.person) == ("127.0.0.1", "look-1", story.user)


def test_a_command_is_nobody_s_and_from_nowhere(db):
    caller_address.set(None)  # of the last request in this thread

    audit.record(actor=None, action="user.mfa_reset", target=UserFactory())

    assert AuditEntry.objects.values_list("actor", "address").get() == (None, None)


def test_an_unknown_action_is_shown_as_it_is(db):
    assert read(recorded(action="{x}.done", target=UserFactory(username="bob"))) == "x.done: bob"


def test_no_code_changes_it(db):
    recorded(action="user.mfa_reset", target=UserFactory())

    rows, row = AuditEntry.objects.all(), AuditEntry.objects.get()
    for change in (lambda: rows.update(note="x"), rows.delete, row.save, row.delete):
        with pytest.raises(TypeError, match="append-only"):
            change()
    assert AuditEntry.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.parametrize("statement", ["UPDATE core_auditentry SET note = 'x'", "DELETE FROM core_auditentry"])
def test_the_database_refuses_to_change_it(db, statement):
    recorded(action="user.mfa_reset", target=UserFactory())

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert AuditEntry.objects.get().note == ""


def test_whoever_stands_in_it_stays_in_the_database(db):
    entry = recorded(action="user.mfa_reset", target=UserFactory())

    for person in (entry.actor, entry.person):
        with pytest.raises(ProtectedError):
            person.delete()


def actions_in(path: Path) -> set[str]:
    """The codes that a module hands to `audit`: by the keyword `action`, or to a `Look`."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    given = [keyword.value for call in calls for keyword in call.keywords if keyword.arg == "action"]
    given += [call.args[1] for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Look"]
    texts = {node.value for node in given if isinstance(node, ast.Constant)}
    return {text for text in texts if isinstance(text, str) and ACTION.fullmatch(text)}


def test_each_action_has_a_sentence():
    used = {action for path in (settings.BASE_DIR / "apps").rglob("*.py") for action in actions_in(path)}
    chosen = {f"document.{status}" for status in ("approved", "rejected")} | {"user.switched_on", "user.switched_off"}
    chosen |= {"user.suspended", "user.banned"}
    chosen |= {f"case.{decision}" for decision in Case.Decision} | {"appeal.upheld", "appeal.overturned"}
    former = {"event.cancelled", "report.viewed", "report.file_viewed"}
    hooks = {"row.added", "row.changed", "row.deleted"}

    assert used | chosen | former | hooks == set(sentences())
