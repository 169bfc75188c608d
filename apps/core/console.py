"""What the pages of the staff console have in common."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.contrib.admin.exceptions import DisallowedModelAdminLookup, DisallowedModelAdminToField
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import unquote
from django.contrib.admin.views.main import PAGE_VAR
from django.db import DataError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timesince import timesince
from unfold.admin import ModelAdmin as UnfoldModelAdmin
from unfold.decorators import display
from unfold.views import ChangeList as UnfoldChangeList

from apps.core import audit
from apps.core.audit import Changes
from apps.core.changes import changes_in
from apps.core.declarations import Page, Panel, Sentence
from apps.core.models import AuditEntry
from apps.core.trail import RowLinks, actor_of, details_of, sentence_of

if TYPE_CHECKING:
    pass

if TYPE_CHECKING:
    from apps.accounts.models import User

PAGES = [
    Page("Operations", "Audit trail", "visibility", "core.auditentry", order=930),
    Page("Operations", "Failed attempts", "gpp_maybe", "core.failedattempts", order=935),
    Page("Operations", "Idempotency keys", "key", "core.idempotencykey", order=1000),
]
SENTENCES = [
    Sentence("row.added", "added {thing}"),
    Sentence("row.changed", "changed {thing}"),
    Sentence("row.deleted", "deleted {thing}"),
    Sentence("list.exported", "exported a list of {thing}"),
]
RECENT = 8
"""So many of the newest entries stand on the first page."""
HISTORY = 100
"""So many of the newest entries stand on the page of a row's history."""
FIRST = 5
"""So many of what waits and what is to come stand on the first page."""

Table = dict[str, list[Any]]
"""As unfold's table component takes it."""

Fieldsets = Any  # unfold has no types, and Django's stubs disagree with themselves across its classes

BIGGEST = 2**63 - 1
"""The greatest number that a database holds."""
LONGEST_ID = 18
LONGEST_SEARCH = 200
"""Characters; a search of more finds nothing."""


class ChangeList(UnfoldChangeList):
    """A list may be narrowed down by what its page offers: its filters, and the exact value of a column.

    Any other lookup could be used to guess at what the pages hide, one letter after the other and without a trace.
    """

    def get_filters(self, request: HttpRequest) -> Any:
        if any(is_beyond(value) for values in self.get_filters_params().values() for value in values):
            raise IncorrectLookupParameters("No column holds such a number")
        specs, has_filters, lookups, may_have_duplicates, are_active = super().get_filters(request)
        if refused := lookups.keys() - self.own_lookups():
            raise IncorrectLookupParameters(f"No filter of this list: {sorted(refused)}")
        for spec in specs:
            is_used = isinstance(spec, admin.FieldListFilter) and spec.used_parameters
            if is_used and spec.queryset(request, self.root_queryset) is None:  # as unfold's filters pass by nonsense
                raise IncorrectLookupParameters(f"Not a value of the filter {spec.title}")
        return specs, has_filters, lookups, may_have_duplicates, are_active

    def own_lookups(self) -> set[str]:
        """What no filter takes, and yet may stand in the address; a column of ours is the one it sorts by."""
        columns = [self.get_ordering_field(name) for name in self.list_display]
        names = [column.removeprefix("-") for column in columns if isinstance(column, str)]
        allowed = {*names, *(f"{name}__exact" for name in names)}
        if f"{self.date_hierarchy}__year" in self.filter_params:  # Django has made a period of it
            allowed |= {f"{self.date_hierarchy}__gte", f"{self.date_hierarchy}__lt"}
        return allowed

    def get_results(self, request: HttpRequest) -> None:
        """Read at once: what the database refuses is refused here, and not by the page that is half written."""
        super().get_results(request)
        is_number = (request.GET.get(PAGE_VAR) or "1") == str(self.page_num)  # for what is none Django takes the first
        if not (is_number and 1 <= self.page_num <= self.paginator.num_pages):
            raise IncorrectLookupParameters("There is no such page")
        len(self.result_list)


@contextmanager
def incorrect_lookups_refused() -> Iterator[None]:
    """What a list cannot be asked, by whatever it is refused, is `IncorrectLookupParameters`."""
    try:
        yield
    except (DisallowedModelAdminLookup, DisallowedModelAdminToField) as error:  # Django has rules of its own
        raise IncorrectLookupParameters from error
    except (OverflowError, ValueError, DataError) as error:  # numbers and times that no column holds
        raise IncorrectLookupParameters from error


class ModelAdmin(UnfoldModelAdmin):
    list_per_page = 50
    list_filter_submit = True
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER  # they count the table once for each choice
    warn_unsaved_form = True

    superuser_fields: ClassVar[set[str]] = set()
    """What gives power: for anybody else these fields are not in the form."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ChangeList

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """For any address: what cannot be looked up leads back to the list, with `?e=1`."""
        with incorrect_lookups_refused():
            page = super().get_changelist_instance(request)
        if not (page.query or page.has_active_filters):
            page.full_result_count = page.result_count  # or unfold would offer to show what is shown
        return page

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        """What a database cannot be asked is not there."""
        # Of a key that is a relation, Django does not look whether the column could hold it.
        is_too_large = self.opts.pk.is_relation and len(str(object_id)) > LONGEST_ID
        return None if is_too_large or "\0" in str(object_id) else super().get_object(request, object_id, from_field)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        if len(search_term) > LONGEST_SEARCH or "\0" in search_term:
            return queryset.none(), False
        return super().get_search_results(request, queryset, search_term)

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

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """What Django hands to the methods below."""
        return {} if add else changes_in([form, *(inline for formset in formsets or [] for inline in formset.forms)])

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> None:
        self.record(request, obj, "row.added")

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> None:
        if message:
            self.record(request, obj, "row.changed", message)

    def log_deletions(self, request: Any, queryset: Any) -> None:
        """Of one, or of those that were chosen in the list."""
        audit.record_all(actor=request.user, action="row.deleted", targets=queryset)

    def record(self, request: Any, obj: Any, action: str, changes: Changes | None = None) -> None:
        audit.record(actor=request.user, action=action, target=obj, changes=changes)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The trail of one row, for whoever may see the row."""
        row = self.get_object(request, unquote(object_id))
        if row is None or not self.has_view_or_change_permission(request, row):
            raise Http404
        return history_page(request, self, audit.name_of(row), str(row))


def history_page(request: HttpRequest, page: Any, target: str, title: str) -> HttpResponse:
    """The newest of what the trail says of `target`, a name as `audit.name_of` makes them."""
    links = RowLinks(request)
    newest = AuditEntry.objects.of(target).with_people().order_by("-created_at")[:HISTORY]
    rows = [
        [entry.created_at, actor_of(entry), sentence_of(entry, links), details_of(entry), entry.address or ""]
        for entry in newest
    ]
    context = {
        **page.admin_site.each_context(request),
        "title": f"History: {title}",
        "opts": page.opts,
        "table": {"headers": ["When", "Who", "What", "Details", "From where"], "rows": rows},
        "whole_trail": links.to_list(AuditEntry, "The whole trail", q=target),
    }
    request.current_app = page.admin_site.name
    return TemplateResponse(request, "admin/object_history.html", context)


def is_beyond(value: str) -> bool:
    """Whether `value` is a number that no column holds."""
    digits = value.strip().lstrip("+-").lstrip("0")
    return digits.isdecimal() and (len(digits) > len(str(BIGGEST)) or int(digits) > BIGGEST)


class ReadOnlyAdmin(ModelAdmin):
    """Rows that only the product itself writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class LinkingAdmin(ReadOnlyAdmin):
    """Its rows have `links`, for columns that lead to rows of other lists."""

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        page, links = super().get_changelist_instance(request), RowLinks(request)
        for row in page.result_list:
            row.links = links
        return page

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        if row := super().get_object(request, object_id, from_field):
            row.links = RowLinks(request)
        return row


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


def linked(page: str, row: Model, text: object) -> str:
    """`text`, leading to the page of `row` that is called `page`, as in `events_event_change`."""
    return format_html('<a href="{}" class="text-link">{}</a>', reverse(f"admin:{page}", args=[row.pk]), text)


def linked_work(slug: str, row: Model, text: object) -> str:
    """`text`, leading to the page where staff decide `row`."""
    return format_html('<a href="{}" class="text-link">{}</a>', reverse("work_item", args=[slug, row.pk]), text)


def work_on(page: ModelAdmin, request: HttpRequest, slug: str, object_id: str) -> HttpResponse:
    """To where staff decide a row of `page`."""
    if (row := page.get_object(request, object_id)) is None:
        raise Http404
    return redirect("work_item", slug, row.pk)


def recent_deeds(viewer: "User") -> Table:
    """What colleagues did last."""
    links = RowLinks()
    newest = AuditEntry.objects.exclude(actor=viewer.pk).with_people().order_by("-created_at")[:RECENT]
    rows = [[actor_of(entry), sentence_of(entry, links), f"{ago(entry.created_at)} ago"] for entry in newest]
    return {"headers": ["who", "what", "when"], "rows": rows}


PANELS = [
    Panel(
        *("What colleagues did", "core.auditentry", "table", recent_deeds), order=90, permission="core.view_auditentry"
    )
]


def ago(moment: datetime) -> str:
    return timesince(moment, depth=1)


def since(oldest: datetime | None) -> str:
    return f"the oldest for {ago(oldest)}" if oldest else "nothing waits"


def changed_columns(form: Any) -> set[str]:
    """What the form changed of the row itself: saving the rest would undo what others did meanwhile."""
    columns = {field.name for field in form.instance._meta.concrete_fields}
    return columns.intersection(form.changed_data)
