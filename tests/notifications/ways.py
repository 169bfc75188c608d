"""The ways in which people are told of something."""

from apps.accounts.models import User
from apps.notifications import jobs, services
from apps.notifications.models import FanOut
from apps.notifications.schemas import Redirect

REDIRECT = Redirect(kind="connection", id=7, url="/api/v1/connections/7")
TOLD = {"code": "follow_request", "redirect": REDIRECT, "sender": "bob"}


def tell_many(receiver, actor):
    services.notify_all(receivers=User.objects.filter(pk=receiver.pk), actor=actor, **TOLD)


def tell_audience(receiver, actor):
    services.start_fan_out(key="it", actor=actor, **TOLD)
    jobs.deliver(FanOut.objects.values_list("pk", flat=True))


WAYS = {
    "notify": lambda receiver, actor: services.notify(receiver=receiver, actor=actor, **TOLD),
    "notify_or_update": lambda receiver, actor: services.notify_or_update(receiver=receiver, actor=actor, **TOLD),
    "notify_all": tell_many,
    "start_fan_out": tell_audience,
}
