"""What makes the admin one product."""

from django.conf import settings
from django.http import HttpRequest


def environment(request: HttpRequest) -> list[str]:
    return [settings.ENVIRONMENT, "info"]
