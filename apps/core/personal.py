"""What the technical tables, and those of Django and its tasks, keep of people."""

from email import message_from_binary_file
from email.message import EmailMessage
from email.policy import default
from typing import Any

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session as ConsoleSession
from django_q.models import Failure, OrmQ

from apps.core.declarations import DataSubject, Exported, Personal
from apps.core.erasure import delete_rows, deleted, names_person, naming, rewrite, without_person
from apps.core.http import counters
from apps.core.mail.files import SUFFIX, UNFINISHED
from apps.core.models import AuditEntry, FailedAttempts, IdempotencyKey, OutgoingMail, RefusedAddress, UploadDay


def erase_answers(rows: Any, subject: DataSubject) -> None:
    """Their own go; in those of others they are Deleted user."""
    delete_rows(rows)
    answers = naming(IdempotencyKey.objects.all(), subject, "answer")
    rewrite(answers, ("answer",), lambda answer: without_person(answer, subject))


def erase_refusals(rows: Any, subject: DataSubject) -> None:
    RefusedAddress.objects.filter(address__in=[address.lower() for address in subject.addresses]).delete()


def erase_mails(rows: Any, subject: DataSubject) -> None:
    """First the files that mails are where there is no server: theirs, and those of others that name them."""
    ids = {f"<{mail.message_id}>" for mail in rows.iterator()}
    for path in [path for suffix in (SUFFIX, UNFINISHED) for path in settings.EMAIL_FILE_PATH.glob(f"*{suffix}")]:
        try:
            with path.open("rb") as file:
                message = message_from_binary_file(file, policy=default)
        except FileNotFoundError:  # pruned just now
            continue
        if message["Message-ID"] in ids or names_person(words_of(message), subject):
            path.unlink(missing_ok=True)
    delete_rows(rows)


def words_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    return "\n".join([str(message["To"]), str(message["Subject"]), body.get_content() if body else ""])


def erase_counters(rows: Any, subject: DataSubject) -> None:
    counters.forget(str(subject.id))


def erase_failures(rows: Any, subject: DataSubject) -> None:
    """What a job said when it failed is pickled: no database can look into it."""
    words = [*subject.addresses, f"({subject.username})", f"'{subject.username}'"]
    named = [
        job.pk
        for job in Failure.objects.iterator()
        if any(word in f"{job.args} {job.kwargs} {job.result}" for word in words)
    ]
    Failure.objects.filter(pk__in=named).delete()


def end_console_sessions(rows: Any, subject: DataSubject) -> None:
    theirs = [row.pk for row in ConsoleSession.objects.iterator() if is_session_of(row, subject.id)]
    ConsoleSession.objects.filter(pk__in=theirs).delete()


def is_session_of(row: ConsoleSession, user_id: int) -> bool:
    return bool(row.get_decoded().get("_auth_user_id") == str(user_id))


PERSONAL = [
    Personal(
        IdempotencyKey,
        ["user"],
        export="Answers that are kept for a day, of rows that stand in other lists.",
        erase=erase_answers,
    ),
    Personal(UploadDay, ["user"], export=Exported("uploads", ["day", "bytes", "pixels"]), erase=deleted),
    Personal(FailedAttempts, [], export="Guesses at a password, which may be somebody else's.", erase=erase_counters),
    Personal(RefusedAddress, [], export="What a mail server said of an address.", erase=erase_refusals),
    Personal(
        OutgoingMail,
        ["user"],
        export=Exported("mails", ["kind", "address", "created_at", "sent_at"]),
        erase=erase_mails,
    ),
    Personal(
        AuditEntry,
        ["actor", "person"],
        export="The trail of what staff did belongs to the site.",
        erase="It names people by their rows, and keeps neither words nor values of theirs.",
    ),
    Personal(LogEntry, ["user"], export="Django's own log, which nothing is written into.", erase=deleted),
    Personal(ConsoleSession, [], export="A sign-in to the console, encoded.", erase=end_console_sessions),
    Personal(Failure, [], export="What went wrong with jobs, for whoever runs the site.", erase=erase_failures),
    Personal(OrmQ, [], export="Jobs that wait.", erase="They hold ids, never words, and are gone once they are done."),
]
