"""The doors every request passes. All are synchronous: a request crosses into its thread once."""

import logging
import time
from collections.abc import Callable
from typing import Any

import orjson
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.common import CommonMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.deprecation import MiddlewareMixin

from apps.core.http.clients import caller_address, client_address, proxy_watch, read_address
from apps.core.http.errors import DomainError, MethodNotAllowed, NotFound
from apps.core.http.throttling import counters_noted, tightest_figures
from apps.core.operations import metrics
from apps.core.operations.logs import new_request_id, request_id

access_log = logging.getLogger("infloo.access")

BODILESS = (204, 304)
"""Answers that say nothing of a length: 304 would have to tell that of what it does not send."""
GetResponse = Callable[[HttpRequest], HttpResponseBase]


def error_response(error: DomainError) -> HttpResponse:
    body = orjson.dumps(error.envelope())
    return HttpResponse(body, status=error.status, content_type="application/json", headers=error.headers)


def request_log(get_response: GetResponse) -> GetResponse:
    """Give the request its id and write its line: the path only, for a query may carry a token."""

    def log(request: HttpRequest) -> HttpResponseBase:
        started, method = time.perf_counter(), request.method
        proxy_watch.look(request)
        # Left set: Django writes its own lines about this request when we are done.
        request_id.set(new_request_id(request.headers.get("X-Request-ID")))
        address = client_address(request)
        caller_address.set(address if read_address(address) else None)
        response = get_response(request)
        seconds = time.perf_counter() - started
        metrics.count(request, method or "", response.status_code, seconds)
        response["X-Request-ID"] = request_id.get()
        line = {
            "method": method,
            "path": request.path,
            "status": response.status_code,
            "milliseconds": round(seconds * 1000, 1),
            "address": address,
        }
        access_log.info("request", extra=line)
        return response

    return log


def is_page(request: HttpRequest) -> bool:
    """API and media paths do not pay for sessions, messages and forms."""
    return not request.path_info.startswith(("/api/", "/media/"))


def api_door(get_response: GetResponse) -> GetResponse:
    """Both slash forms, HEAD as GET, and the envelope around what never reaches an operation."""

    def door(request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith("/api/"):
            return get_response(request)
        if "\0" in request.path_info:
            return error_response(NotFound())
        request.path_info = request.path_info.removesuffix("/")
        if is_head := request.method == "HEAD":
            request.method = "GET"
        with counters_noted():
            response = get_response(request)
            for name, value in tightest_figures().items():
                response.headers.setdefault(name, value)  # a refusal has its own
        if response.status_code == 405:
            allow = response["Allow"]
            response = error_response(MethodNotAllowed())
            response["Allow"] = allow
        if isinstance(response, HttpResponse) and response.status_code not in BODILESS:
            response.headers.setdefault("Content-Length", str(len(response.content)))
        return without_body(response) if is_head else response

    return door


def without_body(response: HttpResponseBase) -> HttpResponse:
    """The answer to HEAD; a stream is not even started."""
    bare = HttpResponse(status=response.status_code, headers=response.headers)
    if "Content-Type" not in response:
        del bare["Content-Type"]  # Django's own, of a body that is not there
    return bare


class PageMixin(MiddlewareMixin):
    """A middleware that only pages need."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = super().__call__ if is_page(request) else self.get_response
        return answer(request)  # type: ignore[return-value]


class PageSessionMiddleware(PageMixin, SessionMiddleware):
    async_capable = False


class PageCommonMiddleware(PageMixin, CommonMiddleware):
    async_capable = False


class PageCsrfMiddleware(PageMixin, CsrfViewMiddleware):
    async_capable = False

    def process_view(self, request: HttpRequest, *view: Any) -> HttpResponse | None:  # type: ignore[override]
        """Django calls it for every request, whatever `__call__` does."""
        return super().process_view(request, *view) if is_page(request) else None


class PageAuthenticationMiddleware(PageMixin, AuthenticationMiddleware):
    async_capable = False


class PageMessageMiddleware(PageMixin, MessageMiddleware):
    async_capable = False
