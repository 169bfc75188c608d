from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from apps.accounts.errors import MfaDisabled
from apps.accounts.models import User
from apps.accounts.services import staff


class Command(BaseCommand):
    help = "Switch the two-step login of somebody off who has lost their codes; it signs them out everywhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="a username or an e-mail address")

    def handle(self, *args: Any, name: str, **options: Any) -> None:
        user = User.objects.with_login(name).select_related("user_type").first()
        if user is None:
            raise CommandError(f"There is nobody called {name}.")
        try:
            staff.reset_mfa(user=user, by=None)
        except MfaDisabled as error:
            raise CommandError(error.detail) from error
        self.stdout.write(f"reset the two-step login of {user}")
