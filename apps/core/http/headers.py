"""What every answer says about itself: who may keep it, what it may load, and who may frame it."""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from apps.core.http.links import API
from apps.core.http.middleware import GetResponse

API_POLICY = "default-src 'none'; frame-ancestors 'none'"

# A browser shows a picture or a film in a page of its own making, which has a style; without its origin, it does not
# play films. Nothing in it runs.
FILE_POLICY = (
    "sandbox allow-same-origin; default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'"
)
PUBLIC_FILE_POLICY = f"{FILE_POLICY}; frame-ancestors 'none'"
PRIVATE_FILE_POLICY = f"{FILE_POLICY}; frame-ancestors 'self'"

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: {files}; media-src 'self' {files}; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
# Swagger UI sets styles of elements.
DOCS_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
)
# Unfold's Alpine evaluates what stands in attributes, and its pages carry styles; they need no inline script.
CONSOLE_POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; font-src 'self'; "
    "img-src 'self' data: {files}; media-src 'self' {files}; frame-src 'self' {files}; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)


def security_headers(get_response: GetResponse) -> GetResponse:
    """Add what the answer does not say itself; Django's SecurityMiddleware and XFrameOptionsMiddleware add the rest."""

    def add(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        headers = response.headers
        if settings.SECURE_HSTS_SECONDS:
            # Django's own middleware would wait for a proxy that names the scheme.
            headers["Strict-Transport-Security"] = hsts()
        if not is_debug_page(response):
            headers.setdefault("Content-Security-Policy", policy_for(request.path_info))
        if "ETag" in headers and "Cache-Control" not in headers:
            headers["Cache-Control"] = "private, no-cache"
            # Two people may use one browser, and their answers may have the same ETag.
            patch_vary_headers(response, ["Authorization", "Cookie"])
        headers.setdefault("Cache-Control", "no-store")
        return response

    return add


def hsts() -> str:
    return f"max-age={settings.SECURE_HSTS_SECONDS}"


def refusal_headers() -> dict[str, str]:
    """The headers of an answer that is given before any middleware is asked."""
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": API_POLICY,
        "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
        "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": settings.X_FRAME_OPTIONS,
    }
    return headers | ({"Strict-Transport-Security": hsts()} if settings.SECURE_HSTS_SECONDS else {})


def policy_for(path: str) -> str:
    """The Content-Security-Policy of what stands at `path`; a private file has its own from `core.http.files`."""
    if path.startswith("/api/"):
        return DOCS_POLICY if path == f"{API}/docs" else API_POLICY
    if path.startswith("/media/"):
        return PUBLIC_FILE_POLICY
    policy = CONSOLE_POLICY if path.startswith("/admin/") else PAGE_POLICY
    return policy.format(files=" ".join(settings.FILE_ORIGINS))


def is_debug_page(response: HttpResponseBase) -> bool:
    """Django's pages with a traceback or with all addresses are made of inline styles and scripts."""
    return settings.DEBUG and response.status_code in (404, 500)
