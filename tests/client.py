"""A caller of the API, and files to send."""

from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpResponse
from django.test import Client
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone
from PIL import Image

from apps.accounts.devices import UNKNOWN_DEVICE
from apps.accounts.models import Session, User
from apps.accounts.services.sessions import Tokens, tokens_of
from apps.accounts.tokens import new_token_id
from apps.core.http.links import API

JSON = "application/json"


def sign_in(user: User) -> Tokens:
    """As if they had signed in before; what a login does besides is none of these tests' business."""
    session = Session.objects.create(
        user=user,
        refresh_id=new_token_id(),
        user_agent="tests",
        device=UNKNOWN_DEVICE,
        ip="127.0.0.1",
        expires_at=timezone.now() + timedelta(days=settings.SESSION_DAYS),
    )
    return tokens_of(session)


class ApiClient(Client):
    """Speaks JSON to /api/v1, as one person or as nobody; `form` sends multipart."""

    def __init__(self, user: User | None = None) -> None:
        headers = {"Authorization": f"Bearer {sign_in(user).access}"} if user else {}
        super().__init__(enforce_csrf_checks=True, raise_request_exception=False, headers=headers)

    def call(
        self, method: str, path: str, data: Any = None, *, form: dict[str, Any] | None = None, **headers: str
    ) -> HttpResponse:
        """`headers` are spelt with underscores: `idempotency_key="a"`."""
        spelt = {name.replace("_", "-"): value for name, value in headers.items()}
        if form is not None:
            body: Any = encode_multipart(BOUNDARY, form)
            return self.generic(method, API + path, body, MULTIPART_CONTENT, headers=spelt)
        body = b"" if data is None else self._encode_json(data, JSON)
        return self.generic(method, API + path, body, JSON, headers=spelt)

    def get(self, path: str, **headers: str) -> HttpResponse:  # type: ignore[override]
        return self.call("GET", path, **headers)

    def post(self, path: str, data: Any = None, **options: Any) -> HttpResponse:  # type: ignore[override]
        return self.call("POST", path, data, **options)

    def patch(self, path: str, data: Any = None, **options: Any) -> HttpResponse:  # type: ignore[override]
        return self.call("PATCH", path, data, **options)

    def put(self, path: str, data: Any = None, **options: Any) -> HttpResponse:  # type: ignore[override]
        return self.call("PUT", path, data, **options)

    def delete(self, path: str, **options: Any) -> HttpResponse:  # type: ignore[override]
        return self.call("DELETE", path, **options)


def caller_at(address: str) -> ApiClient:
    """Nobody in particular, who calls from this address."""
    client = ApiClient()
    client.defaults["REMOTE_ADDR"] = address
    return client


PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


def pdf_file(name: str = "licence.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, PDF, "application/pdf")


MEDIA = Path(__file__).parent / "media"


def media_file(name: str) -> SimpleUploadedFile:
    """One of the films in tests/media, of two seconds each."""
    return SimpleUploadedFile(name, (MEDIA / name).read_bytes(), "application/octet-stream")


def image_file(format: str = "PNG", size: tuple[int, int] = (40, 30), **options: Any) -> SimpleUploadedFile:
    target = BytesIO()
    Image.new("RGB", size, "teal").save(target, format, **options)
    return SimpleUploadedFile(f"picture.{format.lower()}", target.getvalue(), f"image/{format.lower()}")
