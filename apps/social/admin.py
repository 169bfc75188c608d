from django.contrib import admin
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter, RangeDateFilter
from unfold.decorators import display

from apps.core.console import ReadOnlyAdmin
from apps.social.models import Connection


@admin.register(Connection)
class ConnectionAdmin(ReadOnlyAdmin):
    list_display = ["sender", "receiver", "state", "created_at", "answered_at"]
    list_select_related = ["sender", "receiver"]
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

    @display(
        description="status",
        ordering="status",
        label={"Pending": "warning", "Accepted": "success", "Rejected": "danger"},
    )
    def state(self, connection: Connection) -> str:
        return connection.get_status_display()
