"""What one was told."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query
from ninja.responses import Status

from apps.core.http.auth import SignedInRequest
from apps.core.http.pages import log
from apps.core.http.payload import Payload
from apps.core.http.routing import Router
from apps.core.http.schemas import Answer, Reply, ok
from apps.core.http.throttling import Throttle
from apps.core.reading.shapes import Item, show, show_instance
from apps.notifications import services
from apps.notifications.models import (
    Notification,
    NotificationQuerySet,
    NotificationType,
    Preferences,
    TypePreference,
    notification_log,
    unread_notifications,
)
from apps.notifications.schemas import (
    ChangedTypePreferenceOut,
    ChannelsOut,
    EmailPreferenceOut,
    EmailPreferencesIn,
    EmailPreferencesOut,
    IdsIn,
    NotificationLog,
    NotificationOut,
    NotificationQuery,
    NotificationTypeOut,
    PreferencesIn,
    PreferencesOut,
    ReadStateOut,
    ResolvedOut,
    TypePreferenceIn,
    TypePreferenceOut,
    UnreadCountOut,
    UpdatedOut,
)

router = Router(tags=["notifications"])


@router.get("/notifications", response=NotificationLog)
def list_notifications(request: SignedInRequest, query: Query[NotificationQuery]) -> HttpResponse:
    now = timezone.now()
    rows = notification_log(request.viewer, now=now, **query.model_dump(exclude={"limit"}))
    unread_count = unread_notifications(request.viewer, now).count()
    return log(request, show(rows, NotificationOut), query, unread_count=unread_count)


@router.get("/notifications/unread-count", response=Reply[UnreadCountOut])
def count_unread_notifications(request: SignedInRequest) -> Answer:
    return ok({"unread_count": unread_notifications(request.viewer, timezone.now()).count()})


@router.get("/notifications/types", response=Reply[list[NotificationTypeOut]])
def list_notification_types(request: HttpRequest) -> Answer:
    return ok(NotificationType.objects.all())


def shown(preferences: Preferences) -> Item:
    types = list(show(TypePreference.objects.of(preferences.pk), TypePreferenceOut))
    return show_instance(preferences, ChannelsOut) | {"type_preferences": types}


@router.get("/notifications/preferences", response=Reply[PreferencesOut])
def get_preferences(request: SignedInRequest) -> Answer:
    """Made when they are first read; types that are added later appear by themselves."""
    return ok(shown(services.preferences_of(request.user)))


@router.patch("/notifications/preferences", response=Reply[PreferencesOut])
def change_preferences(request: SignedInRequest, data: Payload[PreferencesIn]) -> Answer:
    enabled = data.model_dump(exclude_unset=True)
    return ok(shown(services.choose_channels(user=request.user, enabled=enabled)))


@router.patch("/notifications/preferences/types", response=Reply[ChangedTypePreferenceOut])
def change_type_preference(request: SignedInRequest, data: Payload[TypePreferenceIn]) -> Answer:
    chosen = services.choose_frequency(user=request.user, kind_id=data.notification_type_id, frequency=data.frequency)
    return ok(show_instance(chosen, ChangedTypePreferenceOut))


def mails_shown(preferences: Preferences) -> Item:
    types = list(show(TypePreference.objects.of(preferences.pk), EmailPreferenceOut))
    times = {"created_at": preferences.created_at, "updated_at": preferences.updated_at}
    return {"user_id": preferences.pk, "types_enabled": types, **times}


@router.get("/notifications/email-preferences", response=Reply[EmailPreferencesOut])
def get_email_preferences(request: SignedInRequest) -> Answer:
    return ok(mails_shown(services.preferences_of(request.user)))


@router.patch("/notifications/email-preferences", response=Reply[EmailPreferencesOut])
def change_email_preferences(request: SignedInRequest, data: Payload[EmailPreferencesIn]) -> Answer:
    """All of the types named, or none."""
    enabled = {choice.notification_type_id: choice.enabled for choice in data.types_enabled}
    return ok(mails_shown(services.choose_mails(user=request.user, enabled=enabled)))


def own(request: SignedInRequest, notification_id: int) -> Notification:
    return get_object_or_404(Notification.objects.visible_to(request.viewer), pk=notification_id)


@router.patch("/notifications/{id:notification_id}/read", throttle=Throttle("seen"), response=Reply[ReadStateOut])
def mark_notification_read(request: SignedInRequest, notification_id: int) -> Answer:
    notification = own(request, notification_id)
    services.mark_one(notification=notification, read=True)
    return ok(notification)


@router.patch("/notifications/{id:notification_id}/unread", throttle=Throttle("seen"), response=Reply[ReadStateOut])
def mark_notification_unread(request: SignedInRequest, notification_id: int) -> Answer:
    notification = own(request, notification_id)
    services.mark_one(notification=notification, read=False)
    return ok(notification)


def chosen(request: SignedInRequest, data: IdsIn) -> NotificationQuerySet:
    mine = Notification.objects.visible_to(request.viewer)
    return mine if data.ids is None else mine.filter(pk__in=data.ids)


@router.post("/notifications/read", throttle=Throttle("seen"), response=Reply[UpdatedOut])
def mark_notifications_read(request: SignedInRequest, data: Payload[IdsIn]) -> Answer:
    updated = services.mark_all(notifications=chosen(request, data), read=True)
    return ok({"updated": updated}, f"marked {updated} notifications as read")


@router.post("/notifications/unread", throttle=Throttle("seen"), response=Reply[UpdatedOut])
def mark_notifications_unread(request: SignedInRequest, data: Payload[IdsIn]) -> Answer:
    updated = services.mark_all(notifications=chosen(request, data), read=False)
    return ok({"updated": updated}, f"marked {updated} notifications as unread")


@router.get("/notifications/{id:notification_id}/resolve", response=Reply[ResolvedOut])
def resolve_notification(request: SignedInRequest, notification_id: int) -> Answer:
    return ok(show_instance(own(request, notification_id), ResolvedOut))


@router.delete("/notifications/{id:notification_id}", throttle=Throttle("seen"), response={204: None})
def delete_notification(request: SignedInRequest, notification_id: int) -> Status[None]:
    own(request, notification_id)
    services.delete_all(notifications=Notification.objects.filter(pk=notification_id))
    return Status(204, None)
