"""Which other sites' pages may call the API: by Bearer token, never with cookies. The settings name them."""

from corsheaders.middleware import CorsMiddleware
from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

from apps.core.http.middleware import GetResponse


class ApiCorsMiddleware(CorsMiddleware):
    """Answers preflights before anybody counts or asks who it is; where no site is named, nothing is said of any."""

    async_capable = False

    def __init__(self, get_response: GetResponse) -> None:
        if not settings.CORS_ALLOWED_ORIGINS:
            raise MiddlewareNotUsed
        super().__init__(get_response)


def refusal_headers(path: str, origin: str) -> dict[str, str]:
    """The headers of an answer that is given before any middleware is asked."""
    if not settings.CORS_ALLOWED_ORIGINS:
        return {}
    request, response = HttpRequest(), HttpResponse()
    request.path_info, request.META["HTTP_ORIGIN"] = path, origin
    ApiCorsMiddleware(lambda _: response).add_response_headers(request, response)
    del response["Content-Type"]  # Django's own
    return dict(response.items())
