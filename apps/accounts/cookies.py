"""The tokens of browsers: cookies that no script can read."""

from django.conf import settings
from django.http import HttpResponse

from apps.accounts.services.sessions import Tokens

ACCESS, REFRESH = "access_token", "refresh_token"


def set_tokens(response: HttpResponse, tokens: Tokens) -> None:
    lifetimes = {ACCESS: tokens.expires_in, REFRESH: settings.SESSION_DAYS * 24 * 60 * 60}
    for name, value in ((ACCESS, tokens.access), (REFRESH, tokens.refresh)):
        response.set_cookie(
            name,
            value,
            max_age=lifetimes[name],
            httponly=True,
            samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE,
        )


def clear_tokens(response: HttpResponse) -> None:
    for name in (ACCESS, REFRESH):
        response.delete_cookie(name, samesite="Lax")
