from functools import partial

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from apps.accounts.auth import current_session, listener_pass
from apps.accounts.models import User
from apps.core.http.middleware import GetResponse


def bearer(get_response: GetResponse) -> GetResponse:
    """Lets core's auth classes ask who is calling, without knowing how that is found out."""

    def attach(request: HttpRequest) -> HttpResponseBase:
        request.identify = partial(identify, request)  # type: ignore[attr-defined]  # see core.auth.ApiRequest
        request.admit = partial(listener_pass, request)  # type: ignore[attr-defined]
        return get_response(request)

    return attach


def identify(request: HttpRequest) -> User | None:
    session = current_session(request)
    if session is None:
        return None
    request.session_row = session  # type: ignore[attr-defined]  # see accounts.auth.SessionRequest
    return session.user
