from django.apps import AppConfig


class ToysConfig(AppConfig):
    name = "tests.toys"
