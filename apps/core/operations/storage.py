from django.core.files.storage import storages
from django.core.files.storage.base import Storage


def private_storage() -> Storage:
    """Where files lie that have no public address; for a FileField's `storage`."""
    return storages["private"]
