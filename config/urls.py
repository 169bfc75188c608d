from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import include, path, re_path

from api import api
from apps.core.http.errors import NotFound
from apps.core.http.files import public_file
from apps.core.http.links import API
from apps.core.http.middleware import error_response


def unknown_path(request: HttpRequest, path: str) -> HttpResponse:
    return error_response(NotFound())


urlpatterns = [
    path("", include("apps.web.urls")),
    path("admin/work/", include("apps.console.urls")),
    path("admin/", admin.site.urls),
    path("media/<path:path>", public_file),
    path(API.removeprefix("/") + "/", api.urls),
    re_path(r"^(?P<path>api(/[\s\S]*)?)\Z", unknown_path),
]
