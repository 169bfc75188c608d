"""Links to private files, as their owners get them."""

from apps.accounts.models import Document
from apps.core.http.links import file_url


def link_to(document: Document) -> str:
    return file_url("document", document.pk, document.user_id)
