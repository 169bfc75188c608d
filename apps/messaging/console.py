"""Chat in the console."""

from apps.core.declarations import Page, Sentence

PAGES = [
    Page("Chat", "Conversations", "forum", "messaging.conversation", order=400),
    Page("Chat", "Messages", "chat_bubble", "messaging.message", order=410),
]
SENTENCES = [
    Sentence("message.viewed", "read {thing}"),
    Sentence("message.taken_down", "took down {thing}"),
    Sentence("message.restored", "restored {thing}"),
]
