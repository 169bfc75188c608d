"""Django's own check of X-CSRFToken, for API calls that a browser authenticates by cookie."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware, get_token

from apps.core.http.errors import PermissionDenied


class ForgedRequest(PermissionDenied):
    code = "csrf_failed"
    detail = "The CSRF token is missing or wrong."


def no_view(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


class Check(CsrfViewMiddleware):
    def _reject(self, request: HttpRequest, reason: str) -> HttpResponse:
        raise ForgedRequest


def refuse_forged(request: HttpRequest) -> None:
    """Safe methods pass."""
    check = Check(no_view)
    check.process_request(request)
    check.process_view(request, no_view, (), {})


def give_token(request: HttpRequest, response: HttpResponse) -> str:
    """The token to send back as X-CSRFToken; its cookie goes along."""
    check: Any = Check(no_view)
    check.process_request(request)
    token = get_token(request)
    check.process_response(request, response)
    return token
