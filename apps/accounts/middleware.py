from functools import partial

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse

from apps.accounts.auth import current_session, listener_pass
from apps.accounts.models import SecondFactor, User
from apps.core.http.middleware import GetResponse
from apps.core.site_settings import site_settings


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


ALWAYS_OPEN = ["login", "login_code", "logout", "two_step_login"]


def staff_mfa(get_response: GetResponse) -> GetResponse:
    """Where the site requires it, staff without two-step login come to its page, wherever they go in the console."""

    def lead(request: HttpRequest) -> HttpResponseBase:
        return redirect("admin:two_step_login") if must_enrol(request) else get_response(request)

    return lead


def must_enrol(request: HttpRequest) -> bool:
    if not request.path_info.startswith(reverse("admin:index")) or not site_settings().require_staff_mfa:
        return False
    if request.path_info in [reverse(f"admin:{name}") for name in ALWAYS_OPEN]:
        return False
    return request.user.is_staff and not SecondFactor.objects.on().filter(pk=request.user.pk).exists()
