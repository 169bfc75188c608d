"""What one was told."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query
from ninja.responses import Status

from apps.core.http.auth import SignedInRequest
from apps.core.http.pages import log, written
from apps.core.http.payload import Payload
from apps.core.http.routing import Router
from apps.core.http.schemas import Answer, Reply, ok
from apps.notifications import services
from apps.notifications.models import (
    Notification,
    NotificationQuerySet,
    NotificationType,
    notification_log,
    unread_notifications,
)
from apps.notifications.schemas import (
    IdsIn,
    NotificationLog,
    NotificationQuery,
    NotificationTypeOut,
    ReadStateOut,
    ResolvedOut,
    UnreadCountOut,
    UpdatedOut,
    notification_item,
)

router = Router(tags=["notifications"])


@router.get("/notifications", response=NotificationLog)
def list_notifications(request: SignedInRequest, query: Query[NotificationQuery]) -> HttpResponse:
    me, now = request.user.pk, timezone.now()
    rows = notification_log(viewer_id=me, now=now, **query.model_dump(exclude={"limit"}))
    answer = log(request, rows, query, item=notification_item)
    answer["meta"]["unread_count"] = unread_notifications(me, now).count()
    return written(answer)


@router.get("/notifications/unread-count", response=Reply[UnreadCountOut])
def count_unread_notifications(request: SignedInRequest) -> Answer:
    return ok({"unread_count": unread_notifications(request.user.pk, timezone.now()).count()})


@router.get("/notifications/types", response=Reply[list[NotificationTypeOut]])
def list_notification_types(request: HttpRequest) -> Answer:
    return ok(NotificationType.objects.all())


def own(request: SignedInRequest, notification_id: int) -> Notification:
    return get_object_or_404(Notification.objects.visible_to(request.user), pk=notification_id)


@router.patch("/notifications/{id:notification_id}/read", response=Reply[ReadStateOut])
def mark_notification_read(request: SignedInRequest, notification_id: int) -> Answer:
    notification = own(request, notification_id)
    services.mark_one(notification=notification, read=True)
    return ok(notification)


@router.patch("/notifications/{id:notification_id}/unread", response=Reply[ReadStateOut])
def mark_notification_unread(request: SignedInRequest, notification_id: int) -> Answer:
    notification = own(request, notification_id)
    services.mark_one(notification=notification, read=False)
    return ok(notification)


def chosen(request: SignedInRequest, data: IdsIn) -> NotificationQuerySet:
    mine = Notification.objects.visible_to(request.user)
    return mine if data.ids is None else mine.filter(pk__in=data.ids)


@router.post("/notifications/read", response=Reply[UpdatedOut])
def mark_notifications_read(request: SignedInRequest, data: Payload[IdsIn]) -> Answer:
    updated = services.mark_all(notifications=chosen(request, data), read=True)
    return ok({"updated": updated}, f"marked {updated} notifications as read")


@router.post("/notifications/unread", response=Reply[UpdatedOut])
def mark_notifications_unread(request: SignedInRequest, data: Payload[IdsIn]) -> Answer:
    updated = services.mark_all(notifications=chosen(request, data), read=False)
    return ok({"updated": updated}, f"marked {updated} notifications as unread")


@router.get("/notifications/{id:notification_id}/resolve", response=Reply[ResolvedOut])
def resolve_notification(request: SignedInRequest, notification_id: int) -> Answer:
    return ok(own(request, notification_id))


@router.delete("/notifications/{id:notification_id}", response={204: None})
def delete_notification(request: SignedInRequest, notification_id: int) -> Status[None]:
    own(request, notification_id)
    services.delete_all(notifications=Notification.objects.filter(pk=notification_id))
    return Status(204, None)
