from django.contrib import admin

from apps.core.console import ReadOnlyAdmin
from tests.toys.models import Toy


@admin.register(Toy)
class ToyAdmin(ReadOnlyAdmin):
    list_display = ["name"]
