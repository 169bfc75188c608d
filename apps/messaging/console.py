"""Chat in the console."""

from apps.core.declarations import Capability, Page, Sentence

PAGES = [
    Page("Chat", "Conversations", "forum", "messaging.conversation", order=400),
    Page("Chat", "Messages", "chat_bubble", "messaging.message", order=410),
]
SENTENCES = [
    Sentence("message.viewed", "read {thing}"),
    Sentence("message.taken_down", "took down {thing}"),
    Sentence("message.restored", "restored {thing}"),
]
CAPABILITIES = [
    Capability(
        *("see-conversations", "See who writes to whom", "Chat"),
        ["messaging.view_conversation", "messaging.view_message"],
        order=400,
        help="Not what they write.",
    ),
    Capability(
        *("read-messages", "Read and take down messages", "Chat", ["messaging.moderate_message"]),
        order=410,
        help="They are private; each that is opened is written into the trail.",
        is_dangerous=True,
    ),
]
