"""What test_backup does to an installation, in a process of its own: `manage.py shell -c "…; fill()"`."""

from apps.accounts.models import User
from apps.accounts.services import people
from tests.client import image_file
from tests.factories import (
    AttachmentFactory,
    ConnectionFactory,
    DocumentFactory,
    EventFactory,
    NotificationFactory,
    StoryFactory,
    UserFactory,
)

FILES = 4


def fill() -> None:
    alice, bob = UserFactory(username="alice", first_name="Älice"), UserFactory(username="bob")
    people.set_avatar(user=alice, upload=image_file())
    ConnectionFactory(sender=alice, receiver=bob, accepted=True)
    DocumentFactory(user=alice, approved=True)
    StoryFactory(user=bob, video=True)
    AttachmentFactory(message__sender=alice, message__receiver=bob)
    AttachmentFactory(message__sender=alice, message__receiver=bob, link_only=True)
    EventFactory(host=alice)
    NotificationFactory(receiver=bob)


def use_it() -> None:
    """New rows get new numbers."""
    User.objects.create_user("carol", "carol@example.com", None, user_type_id=1)
