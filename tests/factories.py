"""The smallest valid row of each model; traits for its states."""

import hashlib
from datetime import timedelta

import factory
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Permission
from django.core.files.base import ContentFile
from django.utils import timezone

from apps.accounts.models import (
    ActiveDay,
    Block,
    Document,
    LinkedLogin,
    Profile,
    ProfileCategory,
    ProfilePlatform,
    SecondFactor,
    StaffRole,
    Taxonomy,
    User,
    UserType,
)
from apps.core.capabilities import capabilities
from apps.core.encryption import encrypt
from apps.core.reading.days import today
from apps.events.models import Attendance, Event
from apps.messaging.models import Attachment, Conversation, Message
from apps.moderation.models import Appeal, Case, Report, ReportFile
from apps.notifications.models import FanOut, Notification, NotificationType, Preferences, TypePreference
from apps.social.models import Connection, ProfileVisit, Story, StoryDay, StoryView
from apps.social.services.stories import LIFETIME
from tests.client import PDF, image_file, media_file

PASSWORD = "Secret@123"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
"""What an authenticator app shares with us."""


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    class Params:
        role = "influencer"

    username = factory.Sequence(lambda n: f"person{n}")
    email = factory.LazyAttribute(lambda user: f"{user.username}@example.com")
    password = factory.LazyFunction(lambda: make_password(PASSWORD))
    user_type = factory.LazyAttribute(lambda user: UserType.objects.get(slug=user.role))

    @factory.post_generation
    def profile(user, create, extracted, **fields):  # noqa: N805  # factory_boy passes the row
        fields.setdefault("search_text", Profile.searchable(user, fields.get("bio", "")))
        Profile.objects.create(user=user, **fields)


class StaffFactory(UserFactory):
    """In the seeded groups that `groups` names by their slugs; else in one that is made for most tests."""

    is_staff = True

    class Params:
        role = "staff"

    @factory.post_generation
    def groups(user, create, extracted, **_):  # noqa: N805  # factory_boy passes the row
        if user.is_superuser and extracted is None:
            return
        roles = [everyday_role()] if extracted is None else StaffRole.objects.filter(slug__in=extracted)
        user.groups.set(roles)


def everyday_role():
    """It does the everyday work of all, and edits no people."""
    role, is_new = StaffRole.objects.get_or_create(name="Everyday work")
    if is_new:
        names = {name for each in capabilities() if each.slug in EVERYDAY for name in each.permissions}
        permissions = Permission.objects.select_related("content_type")
        role.permissions.set(row for row in permissions if f"{row.content_type.app_label}.{row.codename}" in names)
    return role


EVERYDAY = {
    *["see-people", "see-documents", "decide-documents", "see-sessions", "see-erasures", "cancel-erasures"],
    *["see-groups", "see-taxonomies", "edit-taxonomies", "see-mails", "read-trail", "see-network", "take-down-stories"],
    *["see-events", "take-down-events", "host-events", "see-conversations", "read-messages", "work-on-reports"],
    *["see-notifications", "edit-texts", "suspend-people", "take-down-profiles"],
}


class SecondFactorFactory(factory.django.DjangoModelFactory):
    """Switched on; its codes are those of `tests.accounts.authenticator`."""

    class Meta:
        model = SecondFactor

    user = factory.SubFactory(UserFactory)
    secret = factory.LazyFunction(lambda: encrypt(SECRET))
    confirmed_at = factory.LazyFunction(timezone.now)


class LinkedLoginFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = LinkedLogin

    user = factory.SubFactory(UserFactory)
    provider = LinkedLogin.Provider.GOOGLE
    subject = factory.Sequence(lambda n: f"subject-{n}")


class ProfilePlatformFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ProfilePlatform

    platform = factory.Sequence(lambda n: f"platform{n}")
    handle = "somebody"


class ProfileCategoryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ProfileCategory

    slug = factory.Sequence(lambda n: f"category{n}")


class ActiveDayFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ActiveDay

    user = factory.SubFactory(UserFactory)
    day = factory.LazyFunction(today)


class DocumentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Document

    class Params:
        approved = factory.Trait(status=Document.Status.APPROVED, reviewed_at=factory.LazyFunction(timezone.now))
        rejected = factory.Trait(
            status=Document.Status.REJECTED, reason="Too dark", reviewed_at=factory.LazyFunction(timezone.now)
        )

    user = factory.SubFactory(UserFactory)
    type = Document.Type.IDENTITY
    content_type = "application/pdf"
    size = len(PDF)
    sha256 = hashlib.sha256(PDF).hexdigest()
    file = factory.LazyFunction(lambda: ContentFile(PDF, "licence.pdf"))


class BlockFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Block

    blocker = factory.SubFactory(UserFactory)
    blocked = factory.SubFactory(UserFactory)


class ConnectionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Connection

    class Params:
        accepted = factory.Trait(status=Connection.Status.ACCEPTED, answered_at=factory.LazyFunction(timezone.now))
        rejected = factory.Trait(status=Connection.Status.REJECTED, answered_at=factory.LazyFunction(timezone.now))

    sender = factory.SubFactory(UserFactory)
    receiver = factory.SubFactory(UserFactory)


class StoryFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Story

    class Params:
        expired = factory.Trait(created_at=factory.LazyFunction(lambda: timezone.now() - LIFETIME))
        video = factory.Trait(
            media_type=Story.MediaType.VIDEO,
            content_type="video/mp4",
            duration=2.0,
            media=factory.LazyFunction(lambda: media_file("clip.mp4")),
        )

    user = factory.SubFactory(UserFactory)
    media_type = Story.MediaType.IMAGE
    content_type = "image/png"
    media = factory.LazyFunction(image_file)
    created_at = factory.LazyFunction(timezone.now)
    expires_at = factory.LazyAttribute(lambda story: story.created_at + LIFETIME)


class StoryViewFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = StoryView

    story = factory.SubFactory(StoryFactory)
    viewer = factory.SubFactory(UserFactory)


class StoryDayFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = StoryDay

    user = factory.SubFactory(UserFactory)
    day = factory.LazyFunction(today)


class ProfileVisitFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ProfileVisit

    person = factory.SubFactory(UserFactory)
    viewer = factory.SubFactory(UserFactory)
    day = factory.LazyFunction(today)


class NotificationFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Notification

    class Params:
        code = "welcome"

    receiver = factory.SubFactory(UserFactory)
    kind = factory.LazyAttribute(lambda row: NotificationType.objects.get(code=row.code))
    title = "Welcome"
    message = "Welcome to Infloo!"
    priority = "low"
    redirect_kind = "profile"
    redirect_id = 1
    redirect_url = "/api/v1/users/profile/somebody"


class PreferencesFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Preferences

    user = factory.SubFactory(UserFactory)


class TypePreferenceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = TypePreference

    class Params:
        code = "follow_request"
        user = factory.SubFactory(UserFactory)

    preferences = factory.LazyAttribute(lambda row: Preferences.objects.get_or_create(user=row.user)[0])
    kind = factory.LazyAttribute(lambda row: NotificationType.objects.get(code=row.code))
    frequency = "disabled"


class FanOutFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = FanOut

    class Params:
        code = "event_hosted"

    key = factory.Sequence(lambda n: f"something:{n}")
    kind = factory.LazyAttribute(lambda row: NotificationType.objects.get(code=row.code))
    title = "New event"
    message = "somebody is hosting a new event: Party"
    priority = "medium"
    redirect_kind = "event"
    redirect_id = 1
    redirect_url = "/api/v1/events/1"


class EventFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Event

    class Params:
        ongoing = factory.Trait(date=factory.LazyFunction(lambda: timezone.now() - timedelta(hours=1)))
        past = factory.Trait(date=factory.LazyFunction(lambda: timezone.now() - timedelta(days=2)))
        private = factory.Trait(visibility=Event.Visibility.CONNECTIONS)
        cancelled = factory.Trait(cancelled_at=factory.LazyFunction(timezone.now))
        covered = factory.Trait(cover=factory.LazyFunction(image_file), cover_type="image/png")

    host = factory.SubFactory(UserFactory, role="brand")
    title = "Summer Gala"
    date = factory.LazyFunction(lambda: timezone.now() + timedelta(days=7))
    location = "Berlin"

    @classmethod
    def _create(cls, model_class, *args, **fields):
        event = model_class(*args, **fields)
        event.set_derived_fields()
        event.save()
        return event


class AttendanceFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Attendance

    event = factory.SubFactory(EventFactory)
    user = factory.SubFactory(UserFactory)
    status = Attendance.Status.GOING


class ConversationFactory(factory.django.DjangoModelFactory):
    """`between` two people, in either order."""

    class Meta:
        model = Conversation

    class Params:
        between = factory.LazyFunction(lambda: UserFactory.create_batch(2))

    first = factory.LazyAttribute(lambda row: min(row.between, key=lambda user: user.pk))
    second = factory.LazyAttribute(lambda row: max(row.between, key=lambda user: user.pk))


class MessageFactory(factory.django.DjangoModelFactory):
    """In the unnamed conversation of its two people, unless another is given."""

    class Meta:
        model = Message

    class Params:
        read = factory.Trait(read_at=factory.LazyFunction(timezone.now))

    sender = factory.SubFactory(UserFactory)
    receiver = factory.SubFactory(UserFactory)
    content = "Hello"
    timestamp = factory.LazyFunction(timezone.now)

    @factory.lazy_attribute
    def conversation(row):  # noqa: N805  # factory_boy passes the row
        pair = Conversation.objects.pair(row.sender, row.receiver)
        return pair.first() or ConversationFactory(between=[row.sender, row.receiver])


class AttachmentFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Attachment

    class Params:
        link_only = factory.Trait(
            link="https://example.com/portfolio.pdf", file="", name="", content_type="", size=None
        )

    message = factory.SubFactory(MessageFactory)
    content_type = "image/png"
    name = "picture.png"
    size = 100
    file = factory.LazyFunction(image_file)


class CaseFactory(factory.django.DjangoModelFactory):
    """About a person, unless something else is given."""

    class Meta:
        model = Case

    class Params:
        decided = factory.Trait(
            status=Case.Status.DECIDED,
            decision=Case.Decision.WARNED,
            decisions=["warn"],
            reason="Be kind",
            decided_by=factory.SubFactory(StaffFactory),
            decided_at=factory.LazyFunction(timezone.now),
        )

    target_owner = factory.SubFactory(UserFactory)
    target_type = Case.Target.USER
    target_id = factory.LazyAttribute(lambda case: case.target_owner.pk)
    snapshot = factory.LazyAttribute(lambda case: {"username": case.target_owner.username})
    reports_count = 1
    severity = 1


class ReportFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Report

    class Params:
        code = "spam"

    case = factory.SubFactory(CaseFactory)
    reporter = factory.SubFactory(UserFactory)
    reason = factory.LazyAttribute(lambda report: Taxonomy.objects.get(type="report_reason", code=report.code))


class AppealFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Appeal

    case = factory.SubFactory(CaseFactory, decided=True)
    person = factory.SelfAttribute("case.target_owner")
    text = "It was not me."


class ReportFileFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = ReportFile

    case = factory.SubFactory(CaseFactory)
    content_type = "image/png"
    name = "picture.png"
    file = factory.LazyFunction(image_file)
