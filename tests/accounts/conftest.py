"""What somebody leaves behind who is going to be erased."""

from types import SimpleNamespace

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.utils import timezone
from django_q.models import Task

from apps.accounts.models import User
from apps.core import audit
from apps.core.mail.files import FileBackend
from apps.core.models import FailedAttempts, OutgoingMail, RefusedAddress
from apps.events.models import Event
from apps.messaging.models import Message
from apps.social.models import Connection
from tests.client import ApiClient, image_file
from tests.factories import (
    PASSWORD,
    AttachmentFactory,
    AttendanceFactory,
    DocumentFactory,
    EventFactory,
    NotificationFactory,
    ProfilePlatformFactory,
    StaffFactory,
    StoryFactory,
    StoryViewFactory,
    TypePreferenceFactory,
    UserFactory,
)


@pytest.fixture
def life(settings, alice, run_jobs, django_capture_on_commit_callbacks):
    """What alice leaves behind everywhere, and two who knew her."""
    User.objects.filter(pk=alice.pk).update(
        username="Al.ice-99", email="alice@wonder.example", new_email="new@wonder.example", first_name="Alicia",
        last_name="Liddéll", last_login=timezone.now(),
    )  # fmt: skip
    alice.refresh_from_db()
    settings.EMAIL_BACKEND = "apps.core.mail.files.FileBackend"
    bob, carol = UserFactory(username="bob"), UserFactory(username="carol", role="brand")
    for name in ("Al.ice-99", "bob"):
        ApiClient().post("/users/auth/login", {"username": name, "password": PASSWORD})
    client, bobs = ApiClient(alice), ApiClient(bob)
    client.patch("/users/profile", {"bio": "Down the hole", "phone": "+4917055501234", "city": "Oxfordshire"})
    client.put("/users/profile/avatar", form={"file": image_file()})
    ProfilePlatformFactory(profile=alice.profile, handle="@alicewonder")
    DocumentFactory(user=alice)
    DocumentFactory(user=alice, approved=True, type="business", reviewed_by=StaffFactory())
    bobs.post("/connections/request", {"receiver_id": alice.pk}, idempotency_key="ask")
    client.patch(f"/connections/{Connection.objects.get().pk}/action", {"status": "accepted"})
    client.post("/chat", {"receiver_id": bob.pk, "content": "Hello Bob"}, idempotency_key="mine")
    bobs.post("/chat", {"receiver_id": alice.pk, "content": "Good morning"}, idempotency_key="his")
    AttachmentFactory(message=Message.objects.get(sender=alice))
    AttachmentFactory(message=Message.objects.get(sender=bob), name="bob.png")
    bobs.post("/chat/conversations", {"name": "tea", "participants": ["bob", "Al.ice-99"]}, idempotency_key="room")
    StoryViewFactory(story=StoryFactory(user=alice, caption="A rabbit"))
    StoryViewFactory(story=StoryFactory(user=bob), viewer=alice)
    party = EventFactory(host=alice, title="Tea party", covered=True)
    AttendanceFactory(event=party, user=bob)
    EventFactory(host=carol, title="Croquet", capacity=1)
    client.post(f"/events/{Event.objects.get(host=carol).pk}/join", {"status": "going"})
    AttendanceFactory(event=Event.objects.get(host=carol), user=bob, status="waitlisted")
    TypePreferenceFactory(user=alice)
    NotificationFactory(receiver=alice)
    client.post("/users/export")
    client.post("/users/auth/forgot-password", {"email": alice.email})
    leave_words_in_technical_tables(alice, bob)
    run_jobs()
    yield SimpleNamespace(alice=alice, client=client, bob=bob, bobs=bobs, carol=carol)
    for path in django_settings.EMAIL_FILE_PATH.iterdir():
        path.unlink()


def leave_words_in_technical_tables(alice, bob):
    """In mails, counters, the logs of the console and of jobs."""
    RefusedAddress.objects.create(address="alice@wonder.example")
    FailedAttempts.objects.create(
        limit="login_failures", subject=alice.pk, network="203.0.113.9", count=1, expires_at=timezone.now()
    )
    OutgoingMail.objects.create(kind="verify_email", user=alice, address="old@wonder.example", sent_at=timezone.now())
    FileBackend().send_messages([mail.EmailMessage("Hello", "Hello Al.ice-99", to=["old@wonder.example"])])
    FileBackend().send_messages([mail.EmailMessage("Hello", "Hello Bob", to=[bob.email])])
    FileBackend().send_messages([mail.EmailMessage("News", "Alicia Liddéll wrote to you.", to=[bob.email])])
    audit.record(actor=StaffFactory(), action="user.mfa_reset", target=alice)
    Task.objects.create(
        id="x" * 32, name="a job", func="f", success=False, result="(alice@wonder.example) exists",
        started=timezone.now(), stopped=timezone.now(),
    )  # fmt: skip
