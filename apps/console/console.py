"""The rows of the libraries in the console."""

from django_q.models import Failure, OrmQ

from apps.accounts.models import User
from apps.core.declarations import Capability, Card, Figure, Page, Sentence
from apps.core.models import OutgoingMail


def jobs(viewer: User) -> Figure:
    return Figure(OrmQ.objects.count(), "for the worker")


def failures(viewer: User) -> Figure:
    return Figure(Failure.objects.count(), "given up")


def mails(viewer: User) -> Figure:
    waiting = OutgoingMail.objects.waiting().count()
    return Figure(OutgoingMail.objects.given_up().count(), f"in 30 days; {waiting} wait")


PAGES = [
    Page("Operations", "Mails", "outgoing_mail", "core.outgoingmail", order=890),
    Page("Operations", "Refused addresses", "unsubscribe", "core.refusedaddress", order=895),
    Page("Operations", "Site settings", "tune", "constance.config", order=900),
    Page("Operations", "Scheduled jobs", "schedule", "django_q.schedule", order=960),
    Page("Operations", "Waiting jobs", "pending_actions", "django_q.ormq", order=970),
    Page("Operations", "Failed jobs", "error", "django_q.failure", order=980),
    Page("Operations", "Finished jobs", "task_alt", "django_q.success", order=990),
]
SENTENCES = [
    Sentence("settings.changed", "changed the site settings"),
    Sentence("work.taken_over", "took over the work on {thing}"),
    Sentence("job.run_again", "had the {thing} run again"),
]
CARDS = [
    Card("Mails given up", "core.outgoingmail", mails, order=85),
    Card("Jobs waiting", "django_q.ormq", jobs, order=70),
    Card("Failed jobs", "django_q.failure", failures, order=80),
]
CAPABILITIES = [
    Capability("see-settings", "See site settings", "Operations", ["constance.view_config"], order=820),
    Capability(
        *("change-settings", "Change site settings", "Operations", ["constance.change_config"]),
        order=830,
        help="How the whole site works, for everybody.",
        is_dangerous=True,
    ),
    Capability(
        *("see-mails", "See mails that were sent", "Operations"),
        ["core.view_outgoingmail", "core.view_refusedaddress"],
        order=840,
        help="To whom and when, never their words.",
    ),
    Capability(
        *("read-trail", "Read the trail", "Operations", ["core.view_auditentry"]),
        order=850,
        help="What everybody of the staff did and saw.",
    ),
    Capability(
        *("export-trail", "Take the trail along as a file", "Operations", ["core.export_auditentry"]), order=855
    ),
    Capability(
        *("see-jobs", "See background jobs", "Operations"),
        [
            *["django_q.view_schedule", "django_q.view_ormq", "django_q.view_failure", "django_q.view_success"],
            *["notifications.view_fanout", "notifications.view_digestrun"],
            *["core.view_failedattempts", "core.view_idempotencykey"],
        ],
        order=860,
        help="With failed attempts, fan-outs and digests.",
    ),
    Capability(
        *("run-jobs", "Run jobs again, and change when they start", "Operations"),
        ["django_q.change_schedule", "django_q.change_failure", "django_q.delete_failure"],
        order=870,
        is_dangerous=True,
    ),
]
