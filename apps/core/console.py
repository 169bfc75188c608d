"""What the pages of the staff console have in common."""

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin as UnfoldModelAdmin

Fieldsets = Any  # unfold has no types, and Django's stubs disagree with themselves across its classes


class ModelAdmin(UnfoldModelAdmin):
    list_per_page = 50
    list_filter_submit = True
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they count the table once for each choice
    warn_unsaved_form = True

    superuser_fields: ClassVar[set[str]] = set()
    """What gives power: for anybody else these fields are not in the form."""

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Fieldsets:
        fieldsets = super().get_fieldsets(request, obj)
        if request.user.is_superuser:
            return fieldsets
        allowed = [(title, options | {"fields": self.allowed(options["fields"])}) for title, options in fieldsets]
        return [(title, options) for title, options in allowed if options["fields"]]

    def allowed(self, fields: list[str]) -> list[str]:
        return [name for name in fields if name not in self.superuser_fields]

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            obj.save(update_fields=changed_columns(form))
        else:
            obj.save()


class ReadOnlyAdmin(ModelAdmin):
    """Rows that only the product itself writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def changed_columns(form: Any) -> set[str]:
    """What the form changed of the row itself: saving the rest would undo what others did meanwhile."""
    columns = {field.name for field in form.instance._meta.concrete_fields}
    return columns.intersection(form.changed_data)
