from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.contrib.filters.admin import AutocompleteSelectFilter, RangeDateFilter
from unfold.decorators import action, display
from unfold.paginator import InfinitePaginator

from apps.core.confirming import ask_first
from apps.core.console import ReadOnlyAdmin, person_column
from apps.core.http.auth import SignedInRequest
from apps.core.http.errors import NotFound
from apps.core.http.links import file_path
from apps.core.media.kinds import PICTURES, VIDEOS
from apps.messaging import services
from apps.messaging.models import Attachment, Conversation, Message

TAKING_DOWN = {
    "title": "Take these messages down?",
    "sentence": "Nobody sees them any more. They are deleted after a week, unless you restore them.",
    "button": "Take down",
}
RESTORING = {
    "title": "Restore these messages?",
    "sentence": "Those that were taken down and are not deleted yet are there again, as they were.",
    "button": "Restore",
}


@admin.register(Conversation)
class ConversationAdmin(ReadOnlyAdmin):
    list_display = ["one", "other", "room", "created_at", "updated_at"]
    list_select_related = ["first__profile", "second__profile"]
    list_filter = [
        ("first", AutocompleteSelectFilter),
        ("second", AutocompleteSelectFilter),
        ("updated_at", RangeDateFilter),
    ]
    search_fields = ["=name", "=first__username", "=second__username"]
    search_help_text = "The name of a room, or a username, in full."
    ordering = ["-updated_at"]
    paginator = InfinitePaginator
    fields = ["title", "first", "second", "created_at", "updated_at", "messages"]
    readonly_fields = ["title", "messages"]
    one, other = person_column("first", "one"), person_column("second", "other")

    @display(description="room", ordering="name")
    def room(self, conversation: Conversation) -> str | None:
        return conversation.name

    @display(description="conversation")
    def title(self, conversation: Conversation) -> str:
        return str(conversation)

    @display(description="messages")
    def messages(self, conversation: Conversation) -> str:
        page = reverse("admin:messaging_message_changelist")
        address = f"{page}?conversation__id__exact={conversation.pk}"
        return format_html('<a href="{}" class="text-link">{} messages</a>', address, conversation.messages.count())


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """What is written stands on a message's own page only: opening it is written into the audit trail."""

    list_display = ["author", "reader", "room", "timestamp", "read_at", "edited_at"]
    list_select_related = ["sender__profile", "receiver__profile", "conversation"]
    list_filter = [
        ("conversation", AutocompleteSelectFilter),
        ("sender", AutocompleteSelectFilter),
        ("receiver", AutocompleteSelectFilter),
        ("timestamp", RangeDateFilter),
        ("removed_at", admin.EmptyFieldListFilter),
    ]
    search_fields = ["=sender__username", "=receiver__username"]
    search_help_text = "A username, in full."
    ordering = ["-pk"]
    paginator = InfinitePaginator
    actions = ["take_down", "restore"]
    change_form_outer_before_template = "admin/messaging/message/files.html"
    fields = [
        *["sender", "receiver", "conversation", "content", "collaboration_id"],
        *["timestamp", "read_at", "edited_at", "removed_at"],
    ]
    author, reader = person_column("sender"), person_column("receiver")

    @display(description="room", ordering="conversation__name")
    def room(self, message: Message) -> str | None:
        return message.conversation.name

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(super().has_view_permission(request, obj)) and self.has_moderate_permission(request)

    def has_moderate_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("messaging.moderate_message")

    def render_change_form(
        self, request: SignedInRequest, context: Any, *args: Any, obj: Any = None, **kwargs: Any
    ) -> Any:
        services.open_message(message=obj, by=request.user)
        context["attachments"] = [shown(attachment, request.user.pk) for attachment in obj.files.order_by("pk")]
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    @action(description="Take down selected messages", permissions=["moderate"])
    def take_down(self, request: SignedInRequest, queryset: QuerySet[Message]) -> HttpResponse | None:
        if question := ask_first(self, request, queryset, **TAKING_DOWN):
            return question
        chosen = list(queryset.select_related("receiver"))
        for message in chosen:
            with suppress(NotFound):  # gone meanwhile, which is what was asked for
                services.take_down_message(message=message, by=request.user)
        self.message_user(request, f"Took down {len(chosen)} messages.")
        return None

    @action(description="Restore selected messages", permissions=["moderate"])
    def restore(self, request: SignedInRequest, queryset: QuerySet[Message]) -> HttpResponse | None:
        if question := ask_first(self, request, queryset, **RESTORING):
            return question
        restored = 0
        for message in queryset:
            with suppress(NotFound):  # not taken down, or back already
                services.restore_message(message=message, by=request.user)
                restored += 1
        self.message_user(request, f"Restored {restored} of the selected messages.")
        return None


def shown(attachment: Attachment, viewer_id: int) -> dict[str, Any]:
    """What the page needs to show it."""
    return {
        "title": str(attachment),
        "address": attachment.link or file_path("attachment", attachment.pk, viewer_id),
        "is_image": attachment.content_type in PICTURES,
        "is_video": attachment.content_type in VIDEOS,
    }
