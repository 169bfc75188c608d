"""The console's login page, with the limits that any login has."""

import math
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache

from apps.accounts.admin.mfa import code_page
from apps.accounts.errors import OtpRequired
from apps.core.http.errors import Throttled

View = Callable[[Any], HttpResponseBase]


def with_throttled_page(view: View) -> View:
    """Too many attempts are a page of their own, with 429; a form would come again, with 200."""

    @wraps(view)
    def show(request: HttpRequest) -> HttpResponseBase:
        try:
            return view(request)
        except Throttled as refusal:
            return throttled_page(request, refusal)

    return never_cache(show)


def throttled_page(request: HttpRequest, refusal: Throttled) -> TemplateResponse:
    context = {
        **admin.site.each_context(request),
        "title": "Too many attempts",
        "refusal": refusal,
        "minutes": math.ceil(int(refusal.headers["Retry-After"]) / 60),
    }
    template = "admin/accounts/throttled.html"
    return TemplateResponse(request, template, context, status=refusal.status, headers=refusal.headers)


@with_throttled_page
def log_in(request: HttpRequest) -> HttpResponseBase:
    try:
        return admin.site.login(request)
    except OtpRequired as needed:
        return code_page(request, needed.token)
