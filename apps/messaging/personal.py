"""What people write to each other. It stays for the other one, without the files."""

from typing import Any

from apps.core.declarations import DataSubject, Exported, Personal
from apps.core.erasure import delete_rows
from apps.messaging.models import Attachment, Conversation, Message

FOR_THE_OTHER = "The other person goes on reading their conversation, with Deleted user."


def erase_files(rows: Any, subject: DataSubject) -> None:
    """Those they sent; links are words of a message."""
    delete_rows(rows.exclude(file=""))


PERSONAL = [
    Personal(
        Conversation,
        ["first", "second"],
        export=Exported("conversations", ["id", "name", "first", "second", "created_at", "updated_at"]),
        erase=FOR_THE_OTHER,
    ),
    Personal(
        Message,
        ["sender", "receiver"],
        export=Exported(
            "messages",
            ["id", "conversation", "sender", "receiver", "content", "timestamp", "read_at", "edited_at"],
            rows=Message.objects.of,
        ),
        erase=FOR_THE_OTHER,
    ),
    Personal(
        Attachment,
        ["message__sender"],
        export=Exported(
            "attachments",
            ["message", "name", "content_type", "size", "link", "file"],
            files=["file"],
            rows=Attachment.objects.sent_by,
        ),
        erase=erase_files,
    ),
]
