from contextlib import suppress
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateFilter
from unfold.dataclasses import ActionDialog
from unfold.decorators import action, display
from unfold.forms import BaseDialogForm

from apps.core import audit
from apps.core.confirming import ask_first
from apps.core.console import ReadOnlyAdmin, person_column
from apps.core.http.auth import SignedInRequest
from apps.core.http.errors import NotFound
from apps.core.http.links import file_path
from apps.core.reading.viewer import Viewer
from apps.social.models import Connection, Story
from apps.social.services import stories

TAKING_DOWN = {
    "title": "Take these stories down?",
    "sentence": "Nobody sees them any more. They are deleted after a week, unless you restore them.",
    "button": "Take down",
}
RESTORING = {
    "title": "Restore these stories?",
    "sentence": "Those that were taken down and are not deleted yet are there again, as they were.",
    "button": "Restore",
}


@admin.register(Connection)
class ConnectionAdmin(ReadOnlyAdmin):
    list_display = ["asking", "asked", "state", "created_at", "answered_at"]
    list_select_related = ["sender__profile", "receiver__profile"]
    list_filter = [
        ("status", ChoicesDropdownFilter),
        ("sender", AutocompleteSelectFilter),
        ("receiver", AutocompleteSelectFilter),
        ("created_at", RangeDateFilter),
    ]
    search_fields = ["sender__username", "receiver__username"]
    search_help_text = "A username of either side."
    ordering = ["-pk"]
    fields = ["sender", "receiver", "state", "created_at", "updated_at", "answered_at"]
    readonly_fields = ["state"]
    asking, asked = person_column("sender"), person_column("receiver")

    @display(
        description="status",
        ordering="status",
        label={"Pending": "warning", "Accepted": "success", "Rejected": "danger"},
    )
    def state(self, connection: Connection) -> str:
        return connection.get_status_display()


CONFIRMATION: ActionDialog = {
    "title": "Take this story down?",
    "description": "Nobody sees it any more. It is deleted after a week, unless you restore it.",
    "form_class": None,
    "form_submit_text": "Take down",
}


@admin.register(Story)
class StoryAdmin(ReadOnlyAdmin):
    """The list shows no pictures: each look at a file by a moderator is written into the audit trail."""

    list_display = ["author", "caption", "media_type", "created_at", "expires_at", "views"]
    list_select_related = ["user__profile"]
    list_filter = [
        ("media_type", ChoicesDropdownFilter),
        ("user", AutocompleteSelectFilter),
        ("created_at", RangeDateFilter),
        ("removed_at", admin.EmptyFieldListFilter),
    ]
    search_fields = ["user__username", "caption"]
    search_help_text = "The author's username, or words of the caption."
    ordering = ["-pk"]
    actions = ["take_down", "restore"]
    actions_detail = ["take_down_this"]
    change_form_outer_before_template = "admin/social/story/media.html"
    fields = [
        *["user", "caption", "created_at", "expires_at", "removed_at", "views"],
        *["media_type", "content_type", "duration"],
    ]
    readonly_fields = ["views"]
    author = person_column("user", "author")

    @display(description="views", ordering="views_count")
    def views(self, story: Any) -> int:
        return int(story.views_count)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Story]:
        return Story.objects.with_views_count()

    def has_moderate_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("social.moderate_story")

    def render_change_form(
        self, request: SignedInRequest, context: Any, *args: Any, obj: Any = None, **kwargs: Any
    ) -> Any:
        """With a link to the media for those who may see it; of an expired story, or one taken down, nobody may."""
        if Story.objects.visible_to(Viewer.of(request.user)).filter(pk=obj.pk).exists():
            if look := stories.look_at(story=obj, by=request.user):
                audit.record_look(look)
            context["file_path"] = file_path("story", obj.pk, request.user.pk)
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    @action(description="Take down selected stories", permissions=["moderate"])
    def take_down(self, request: SignedInRequest, queryset: QuerySet[Story]) -> HttpResponse | None:
        if question := ask_first(self, request, queryset, **TAKING_DOWN):
            return question
        chosen = list(queryset)
        for story in chosen:
            with suppress(NotFound):  # gone meanwhile, which is what was asked for
                stories.take_down_story(story=story, by=request.user)
        self.message_user(request, f"Took down {len(chosen)} stories.")
        return None

    @action(description="Restore selected stories", permissions=["moderate"])
    def restore(self, request: SignedInRequest, queryset: QuerySet[Story]) -> HttpResponse | None:
        if question := ask_first(self, request, queryset, **RESTORING):
            return question
        restored = 0
        for story in queryset:
            with suppress(NotFound):  # not taken down, or back already
                stories.restore_story(story=story, by=request.user)
                restored += 1
        self.message_user(request, f"Restored {restored} of the selected stories.")
        return None

    @action(description="Take down", url_path="take-down", icon="delete", permissions=["moderate"], dialog=CONFIRMATION)
    def take_down_this(self, request: SignedInRequest, form: BaseDialogForm, object_id: str) -> HttpResponse:
        story = self.get_object(request, object_id)
        if story is None:
            raise Http404
        stories.take_down_story(story=story, by=request.user)
        self.message_user(request, f"Took down: {story}.")
        # The dialog is sent by htmx, which goes where this header says.
        return HttpResponse(headers={"HX-Redirect": reverse("admin:social_story_changelist")})
