from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.decorators import display

from apps.accounts.models import Taxonomy
from apps.core.console import ModelAdmin


class TaxonomyForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic when it runs
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "severity" in self.fields:
            self.fields["severity"].required = False

    def clean_severity(self) -> int:
        severity: int | None = self.cleaned_data["severity"]
        return 1 if severity is None else severity


@admin.register(Taxonomy)
class TaxonomyAdmin(ModelAdmin):
    form = TaxonomyForm
    list_display = ["value", "code", "type", "order", "severity", "active"]
    list_filter = [("type", ChoicesDropdownFilter), ("is_active", BooleanRadioFilter)]
    search_fields = ["value", "code"]
    fields = ["type", "code", "value", "order", "severity", "is_active"]

    @display(description="active", ordering="is_active", boolean=True)
    def active(self, taxonomy: Taxonomy) -> bool:
        return taxonomy.is_active

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> list[str]:
        """Programs know it by these."""
        return ["type", "code"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """What was chosen stays readable: a choice is switched off."""
        return False
