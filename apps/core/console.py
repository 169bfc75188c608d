"""What the pages of the staff console have in common."""

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin as UnfoldModelAdmin
from unfold.decorators import display

if TYPE_CHECKING:
    from apps.accounts.models import User

Fieldsets = Any  # unfold has no types, and Django's stubs disagree with themselves across its classes


class ModelAdmin(UnfoldModelAdmin):
    list_per_page = 50
    list_filter_submit = True
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they count the table once for each choice
    warn_unsaved_form = True

    superuser_fields: ClassVar[set[str]] = set()
    """What gives power: for anybody else these fields are not in the form."""

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        page = super().get_changelist_instance(request)
        if not (page.query or page.has_active_filters):
            page.full_result_count = page.result_count  # or unfold would offer to show what is shown
        return page

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Fieldsets:
        fieldsets = super().get_fieldsets(request, obj)
        if request.user.is_superuser:
            return fieldsets
        allowed = [(title, options | {"fields": self.allowed(options["fields"])}) for title, options in fieldsets]
        return [(title, options) for title, options in allowed if options["fields"]]

    def allowed(self, fields: list[str]) -> list[str]:
        return [name for name in fields if name not in self.superuser_fields]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """The filters in the address are no way to guess at what the pages hide."""
        if not super().lookup_allowed(lookup, value, request):
            return False
        try:
            field = self.opts.get_field(lookup.partition("__")[0])
        except FieldDoesNotExist:  # a filter's own parameter, or nothing
            return True
        return field == self.opts.pk or field.name in self.shown(request)

    def shown(self, request: HttpRequest) -> set[str]:
        """The fields that the pages show, search or filter by; a column of ours is the one it sorts by."""
        fields = flatten_fieldsets(self.fieldsets or [(None, {"fields": self.fields or []})])
        on_form = fields if request.user.is_superuser else self.allowed(fields)
        columns = [
            getattr(getattr(self, name, None), "admin_order_field", name)
            for name in [*self.list_display, *on_form, *self.readonly_fields]
        ]
        searched = [name.lstrip("^=@") for name in self.search_fields]
        filters = [*map(filtered_by, self.list_filter), self.date_hierarchy or ""]
        return {str(name).partition("__")[0] for name in [*columns, *searched, *filters]}

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


def portrait(user: "User | None") -> list[Any]:
    """Name, username and picture, as a column with `header=True` shows them."""
    if user is None:
        return ["-"]
    picture = {"path": user.avatar, "squared": False} if user.avatar else None
    return [user.display_name, user.username, user.username[:2], picture]


def person_column(name: str, title: str = "") -> Any:
    """A column that shows the person `name` of a row with their picture."""

    @display(description=title or name.replace("_", " "), header=True, ordering=f"{name}__username")
    def column(admin: ModelAdmin, row: Any) -> list[Any]:
        return portrait(getattr(row, name))

    return column


def filtered_by(list_filter: Any) -> str:
    name: str = (
        list_filter[0] if isinstance(list_filter, tuple) else getattr(list_filter, "parameter_name", list_filter)
    )
    return name


def changed_columns(form: Any) -> set[str]:
    """What the form changed of the row itself: saving the rest would undo what others did meanwhile."""
    columns = {field.name for field in form.instance._meta.concrete_fields}
    return columns.intersection(form.changed_data)
