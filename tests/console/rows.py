"""A row of every model that the console shows."""

from collections.abc import Callable
from datetime import timedelta

from django.contrib import admin
from django.db import models, transaction
from django.urls import reverse
from django.utils import timezone
from django_q.models import Failure, OrmQ, Schedule, Success, Task

from apps.accounts.models import Block, Document, Erasure, LinkedLogin, Session, StaffRole, Taxonomy, User, UserType
from apps.core import audit
from apps.core.models import AuditEntry, FailedAttempts, IdempotencyKey, OutgoingMail, RefusedAddress
from apps.core.queue import queue
from apps.core.tasks import prune_idempotency_keys
from apps.events.models import Attendance, Event
from apps.messaging.models import Conversation, Message
from apps.moderation.models import Appeal, Case
from apps.notifications.models import DigestRun, FanOut, Notification, NotificationType, Preferences
from apps.social.models import Connection, Story
from tests.client import sign_in
from tests.factories import (
    AppealFactory,
    AttendanceFactory,
    BlockFactory,
    ConnectionFactory,
    ConversationFactory,
    DocumentFactory,
    EventFactory,
    FanOutFactory,
    LinkedLoginFactory,
    MessageFactory,
    NotificationFactory,
    ProfileCategoryFactory,
    ProfilePlatformFactory,
    ReportFactory,
    ReportFileFactory,
    StaffFactory,
    StoryFactory,
    TypePreferenceFactory,
    UserFactory,
)

MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label_lower)
ROWS = [model for model in MODELS if issubclass(model, models.Model)]


def make_user() -> None:
    user = UserFactory(profile__avatar="avatars/a.webp")
    ProfilePlatformFactory(profile=user.profile)
    ProfileCategoryFactory(profile=user.profile)


def make_task(**fields: object) -> None:
    number = Task.objects.count()
    times = {"started": timezone.now(), "stopped": timezone.now() + timedelta(seconds=1)}
    Task.objects.create(id=f"{number:032}", name=f"job {number}", func="apps.core.tasks.x", **times, **fields)


@transaction.atomic
def make_queued() -> None:
    queue(prune_idempotency_keys)


MAKE: dict[type[models.Model], Callable[[], object]] = {
    User: make_user,
    UserType: lambda: UserType.objects.create(name=f"n{UserType.objects.count()}", slug=f"s{UserType.objects.count()}"),
    Session: lambda: sign_in(UserFactory()),
    LinkedLogin: LinkedLoginFactory,
    Document: lambda: DocumentFactory(approved=True, reviewed_by=StaffFactory()),
    Block: BlockFactory,
    Erasure: lambda: Erasure.objects.create(user=UserFactory()),
    Connection: ConnectionFactory,
    Story: StoryFactory,
    Event: EventFactory,
    Conversation: ConversationFactory,
    Message: MessageFactory,
    Attendance: AttendanceFactory,
    Case: lambda: ReportFactory(case=ReportFileFactory().case).case,
    Appeal: AppealFactory,
    Taxonomy: lambda: Taxonomy.objects.create(type="report_reason", code=f"c{Taxonomy.objects.count()}", value="Value"),
    FanOut: lambda: FanOutFactory(actor=UserFactory()),
    DigestRun: lambda: DigestRun.objects.create(
        slot=timezone.now() - timedelta(days=DigestRun.objects.count()), frequency="daily_digest"
    ),
    Notification: lambda: NotificationFactory(actor=UserFactory()),
    NotificationType: lambda: NotificationType.objects.create(code=f"c{NotificationType.objects.count()}"),
    Preferences: lambda: TypePreferenceFactory().preferences,
    AuditEntry: lambda: audit.record(actor=StaffFactory(), action="user.mfa_reset", target=UserFactory()),
    OutgoingMail: lambda: OutgoingMail.objects.create(kind="verify_email", user=UserFactory(), address="a@b.example"),
    RefusedAddress: lambda: RefusedAddress.objects.create(address=f"a{RefusedAddress.objects.count()}@b.example"),
    FailedAttempts: lambda: FailedAttempts.objects.create(
        limit="login_failures", subject=UserFactory().pk, count=1, expires_at=timezone.now()
    ),
    IdempotencyKey: lambda: IdempotencyKey.objects.create(user=UserFactory(), key="k", claimed_at=timezone.now()),
    StaffRole: lambda: StaffRole.objects.create(name=f"g{StaffRole.objects.count()}"),
    Schedule: lambda: Schedule.objects.create(name="n", func="apps.core.tasks.x", task=Task.objects.first().pk),
    Success: lambda: make_task(success=True),
    Failure: lambda: make_task(success=False, result="Traceback"),
    OrmQ: make_queued,
}


def path_of(model: type, page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def make(model: type[models.Model], count: int = 1) -> None:
    make_task(success=True)
    for _ in range(count):
        MAKE[model]()
