"""A caller who checks what the contract promises of every answer, for the tests that hold for all operations."""

from typing import Any

from django.http import HttpResponse

from tests.client import ApiClient
from tests.operations import Operation


class Walker(ApiClient):
    """Checks whatever comes back: a request id, and a status that the operation declares."""

    def walk(self, operation: Operation, path: str | None = None, data: Any = None, **options: Any) -> HttpResponse:
        response = self.call(operation.method, path or operation.url(), data, **options)

        assert response["X-Request-ID"]
        assert response.status_code in operation.statuses, response.content
        return response

    def send(self, operation: Operation, body: dict[str, Any]) -> HttpResponse:
        """The body as the operation takes it: JSON or a form."""
        if operation.content_type == "multipart/form-data":
            return self.walk(operation, form=body)
        return self.walk(operation, data=body)

    def send_raw(self, operation: Operation, body: bytes, content_type: str) -> HttpResponse:
        """The body as it stands, whatever the operation takes."""
        return self.generic(operation.method, f"/api/v1{operation.url()}", body, content_type)


def is_refusal(response: HttpResponse, status: int) -> bool:
    """The contract's envelope, and nothing else in it."""
    body = response.json()
    keys = {"error", "detail", "code", "status_code"} | ({"details"} if status == 400 else set())
    return response.status_code == status == body["status_code"] and body.keys() == keys and bool(body["detail"])
