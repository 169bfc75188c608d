"""The API: mounts each room's router and maps every error to HTTP, once."""

import logging
from typing import Any

import orjson
from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.core.exceptions import PermissionDenied as DjangoPermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from ninja.errors import Throttled as NinjaThrottled
from ninja.renderers import BaseRenderer

from apps.accounts.api import router as accounts
from apps.core.http.auth import signed_in
from apps.core.http.errors import (
    DomainError,
    Invalid,
    NotFound,
    PermissionDenied,
    ServerError,
    Throttled,
    TooLarge,
    Unavailable,
)
from apps.core.http.forms import BadCharacters
from apps.core.http.middleware import error_response
from apps.core.http.routing import Api
from apps.core.http.throttling import tightest_figures
from apps.core.operations.api import router as operations
from apps.events.api import router as events
from apps.insights.api import router as insights
from apps.live.api import add_operations
from apps.messaging.api import router as messaging
from apps.messaging.schemas import MessageDeletedEvent, MessageEvent, MessageUpdatedEvent, ReadEvent
from apps.moderation.api import router as moderation
from apps.notifications.api import router as notifications
from apps.notifications.schemas import NotificationDeletedEvent, NotificationEvent
from apps.social.api import router as social

logger = logging.getLogger(__name__)


class Renderer(BaseRenderer):
    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        return orjson.dumps(data, option=orjson.OPT_UTC_Z)


api = Api(
    title="Infloo",
    version=settings.VERSION,
    description="The network where influencers, brands, entrepreneurs and investors meet.",
    auth=signed_in,
    renderer=Renderer(),
)

live = add_operations(
    NotificationEvent,
    NotificationDeletedEvent,
    MessageEvent,
    MessageUpdatedEvent,
    MessageDeletedEvent,
    ReadEvent,
)

for router in (operations, accounts, social, events, messaging, notifications, moderation, insights, live):
    api.add_router("", router)


@api.exception_handler(DomainError)
def refuse(request: HttpRequest, error: DomainError) -> HttpResponse:
    return error_response(error)


@api.exception_handler(Http404)
def refuse_missing(request: HttpRequest, error: Http404) -> HttpResponse:
    return error_response(NotFound())


@api.exception_handler(DjangoPermissionDenied)
def refuse_forbidden(request: HttpRequest, error: DjangoPermissionDenied) -> HttpResponse:
    return error_response(PermissionDenied())


@api.exception_handler(BadRequest)
@api.exception_handler(SuspiciousOperation)
def refuse_malformed(request: HttpRequest, error: Exception) -> HttpResponse:
    # Django's own limits, such as the number of fields in a form.
    return error_response(Invalid({"non_field_errors": ["The request could not be read."]}, code="parse_error"))


@api.exception_handler(MultiPartParserError)
def refuse_broken_form(request: HttpRequest, error: MultiPartParserError) -> HttpResponse:
    sentence = str(error) if isinstance(error, BadCharacters) else "The body is not a valid form."
    return error_response(Invalid({"non_field_errors": [sentence]}, code="parse_error"))


@api.exception_handler(RequestDataTooBig)
def refuse_too_large(request: HttpRequest, error: RequestDataTooBig) -> HttpResponse:
    return error_response(TooLarge())


@api.exception_handler(NinjaThrottled)
def refuse_too_many(request: HttpRequest, error: NinjaThrottled) -> HttpResponse:
    shown = tightest_figures()
    return error_response(Throttled(int(shown.get("X-RateLimit-Reset", 1)), shown))


@api.exception_handler(OperationalError)
@api.exception_handler(InterfaceError)
def refuse_while_down(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("the database does not answer", exc_info=error)
    return error_response(Unavailable())


@api.exception_handler(Exception)
def fail(request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("unexpected error", exc_info=error)
    return error_response(ServerError())
