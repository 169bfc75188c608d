from apps.accounts.models import User
from apps.core.declarations import Evidence, Reportable, Snapshot
from apps.core.reading.viewer import Viewer
from apps.messaging.models import Message, MessageQuerySet
from apps.messaging.services import delete_removed, restore_message, take_down_message


def seen_by(viewer: Viewer) -> MessageQuerySet:
    return Message.objects.visible_to(viewer).select_related("sender", "receiver", "conversation")


def describe(message: Message) -> Snapshot:
    attachments = list(message.files.order_by("pk"))
    facts = {
        "sender": message.sender.username,
        "receiver": message.receiver.username,
        "conversation": message.conversation.name,
        "content": message.content,
        "attachments": [str(row) for row in attachments],
        "sent_at": message.timestamp,
        "edited_at": message.edited_at,
    }
    files = [Evidence(row.file, row.content_type, row.name) for row in attachments if row.file]
    return Snapshot(message.sender, facts, files)


def take_down(message: Message, by: User) -> None:
    take_down_message(message=message, by=by)


def restore(message: Message, by: User) -> None:
    restore_message(message=message, by=by)


REPORTABLES = [
    Reportable(
        *("message", Message),
        seen_by=seen_by,
        describe=describe,
        take_down=take_down,
        restore=restore,
        delete_removed=delete_removed,
    )
]
