from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.decorators import display

from apps.accounts.models import Taxonomy
from apps.core.console import ModelAdmin


@admin.register(Taxonomy)
class TaxonomyAdmin(ModelAdmin):
    list_display = ["value", "code", "type", "order", "active"]
    list_filter = [("type", ChoicesDropdownFilter), ("is_active", BooleanRadioFilter)]
    search_fields = ["value", "code"]
    fields = ["type", "code", "value", "order", "is_active"]

    @display(description="active", ordering="is_active", boolean=True)
    def active(self, taxonomy: Taxonomy) -> bool:
        return taxonomy.is_active

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """Programs know it by these."""
        return ["type", "code"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """What was chosen stays readable: a choice is switched off."""
        return False
