"""What is done to chosen rows of a list is asked first: a page says what will happen, and its button does it."""

from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse

CONFIRMED = "confirmed"


def ask_first(
    page: Any, request: HttpRequest, rows: QuerySet[Any], *, title: str, sentence: str, button: str
) -> TemplateResponse | None:
    """The page that asks; None once its button was pressed. `page` is the ModelAdmin whose action it is."""
    if CONFIRMED in request.POST:
        return None
    request.current_app = page.admin_site.name
    context = {
        **page.admin_site.each_context(request),
        "opts": page.opts,
        "title": title,
        "sentence": sentence,
        "button": button,
        "rows": list(rows),
        "action": request.POST.get("action"),
        "checkbox": ACTION_CHECKBOX_NAME,
        "confirmed": CONFIRMED,
        "back": request.get_full_path(),
    }
    return TemplateResponse(request, "admin/core/confirm.html", context)
