"""Chat in the console."""

from apps.core.declarations import Page

PAGES = [
    Page("Chat", "Conversations", "forum", "messaging.conversation", order=400),
    Page("Chat", "Messages", "chat_bubble", "messaging.message", order=410),
]
