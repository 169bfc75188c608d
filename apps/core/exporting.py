"""Lists of the console as files: what the list shows, as it is filtered, for whoever may take it along."""

from typing import Any

import tablib
from django.contrib import messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from import_export.admin import ExportMixin
from import_export.formats.base_formats import CSV, JSON, XLSX
from unfold.contrib.import_export.forms import ExportForm

from apps.core import audit
from apps.core.console import ModelAdmin, incorrect_lookups_refused

MOST_ROWS = 10_000
"""In one file; the newest, or whatever the list shows first."""
STARTS_OF_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


class NoFormulas:
    """A spreadsheet shows what people wrote, and does not run it."""

    def export_data(self, dataset: tablib.Dataset, **kwargs: Any) -> Any:
        rows = [[shown(cell) for cell in row] for row in dataset]
        return super().export_data(tablib.Dataset(*rows, headers=dataset.headers), **kwargs)  # type: ignore[misc]


class SafeCsv(NoFormulas, CSV):
    pass


class SafeXlsx(NoFormulas, XLSX):
    pass


def shown(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(STARTS_OF_FORMULAS) else cell


class ExportAdmin(ExportMixin, ModelAdmin):
    """With a button *Export*, which takes the permission `export_<model>` and is written into the trail."""

    export_form_class = ExportForm
    export_formats = [SafeCsv, SafeXlsx, JSON]

    def has_export_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm(f"{self.opts.app_label}.export_{self.opts.model_name}")

    def get_export_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        with incorrect_lookups_refused():
            rows: QuerySet[Any] = super().get_export_queryset(request)[:MOST_ROWS]
        return rows

    def export_action(self, request: HttpRequest) -> HttpResponse:
        try:
            answer: HttpResponse = super().export_action(request)
        except IncorrectLookupParameters:
            messages.error(request, "The list cannot be filtered like that.")
            return redirect(f"admin:{self.opts.app_label}_{self.opts.model_name}_changelist")
        return answer

    def get_export_data(self, file_format: Any, request: Any, queryset: QuerySet[Any], **kwargs: Any) -> Any:
        data = super().get_export_data(file_format, request, queryset, **kwargs)
        audit.record(actor=request.user, action="list.exported", target=self.opts.label_lower)
        return data
