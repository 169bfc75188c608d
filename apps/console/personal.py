"""What the console keeps of people."""

from apps.console.models import Claim
from apps.core.declarations import Personal
from apps.core.erasure import deleted

PERSONAL = [Personal(Claim, ["user"], export="What staff work on, for a quarter of an hour.", erase=deleted)]
