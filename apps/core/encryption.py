"""What is encrypted at rest: a copy of the database does not show it without DATA_KEYS."""

from base64 import urlsafe_b64encode
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import models


class EncryptedTextField(models.TextField):  # type: ignore[type-arg]  # not generic when it runs
    """Holds what `encrypt` made, in Python too, so that forms, dumps and errors show nothing else."""


@lru_cache
def fernet_of(keys: tuple[str, ...]) -> MultiFernet:
    """Encrypts with the first of these keys, and reads what any of them encrypted."""
    return MultiFernet([Fernet(urlsafe_b64encode(sha256(key.encode()).digest())) for key in keys])


def fernet() -> MultiFernet:
    return fernet_of(tuple(settings.DATA_KEYS))


def encrypt(text: str) -> str:
    return fernet().encrypt(text.encode()).decode()


def decrypt(encrypted: str) -> str:
    try:
        return fernet().decrypt(encrypted).decode()
    except InvalidToken as error:
        raise ImproperlyConfigured("None of DATA_KEYS is the key with which this was encrypted.") from error


def rotate() -> tuple[int, list[str]]:
    """Encrypt all there is with the first key: how many values, and the rows, as app.model:id, that no key reads."""
    count, unreadable = 0, list[str]()
    for model, name in encrypted_columns():
        for row_id, former in list(model._default_manager.values_list("pk", name)):
            try:
                new = fernet().rotate(former).decode()
            except InvalidToken:
                unreadable.append(f"{model._meta.label_lower}:{row_id}")
                continue
            # Not if it has become another one meanwhile.
            count += model._default_manager.filter(**{"pk": row_id, name: former}).update(**{name: new})
    return count, unreadable


def encrypted_columns() -> Iterator[tuple[type[models.Model], str]]:
    for model in apps.get_models():
        yield from ((model, field.name) for field in model._meta.fields if isinstance(field, EncryptedTextField))
