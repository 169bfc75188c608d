from typing import Self

from django.conf import settings
from django.db import models

from apps.core.reading.viewer import Viewer


class ToyQuerySet(models.QuerySet["Toy"]):
    def visible_to(self, viewer: Viewer) -> Self:
        return self.filter(owner=viewer.id)


class Toy(models.Model):
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    name = models.CharField(max_length=50)

    objects = ToyQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
