import uuid
from datetime import timedelta

from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework import generics
from rest_framework.exceptions import PermissionDenied, ValidationError

from benchmarks.peer.models import (
    Attendance,
    Block,
    Connection,
    Conversation,
    Event,
    Message,
    Notification,
    NotificationType,
    Profile,
    Story,
    StoryView,
    User,
)
from benchmarks.peer.serializers import (
    ConnectionSerializer,
    EventSerializer,
    MessageSerializer,
    NotificationSerializer,
    ProfileSerializer,
    StorySerializer,
)


def connected(user):
    accepted = Connection.objects.filter(status="accepted")
    sent, received = accepted.filter(sender=user).values("receiver"), accepted.filter(receiver=user).values("sender")
    return sent.union(received, all=True)


def unblocked(rows, user, field):
    made = Block.objects.filter(blocker=user).values("blocked")
    received = Block.objects.filter(blocked=user).values("blocker")
    return rows.exclude(**{f"{field}__in": made}).exclude(**{f"{field}__in": received})


class ProfileView(generics.RetrieveAPIView):
    serializer_class = ProfileSerializer

    def get_object(self):
        me = self.request.user
        profiles = Profile.objects.filter(user__is_active=True).select_related("user__user_type")
        profiles = unblocked(profiles, me, "user").prefetch_related("categories", "platforms")
        profile = get_object_or_404(profiles, user__username=self.kwargs["username"])
        pair = Q(sender=me, receiver=profile.user) | Q(sender=profile.user, receiver=me)
        row = Connection.objects.filter(pair).exclude(status="rejected").first()
        profile.connection = row and row.status
        mutual = User.objects.filter(is_active=True, pk__in=connected(me)).filter(pk__in=connected(profile.user))
        profile.mutual_connections_count = mutual.count()
        return profile


class ConnectionsView(generics.ListAPIView):
    serializer_class = ConnectionSerializer

    def get_queryset(self):
        me = self.request.user
        people = ("sender__user_type", "sender__profile", "receiver__user_type", "receiver__profile")
        rows = Connection.objects.filter(Q(sender=me) | Q(receiver=me))
        return rows.filter(sender__is_active=True, receiver__is_active=True).select_related(*people).order_by("-id")


class EventsView(generics.ListCreateAPIView):
    serializer_class = EventSerializer

    def get_queryset(self):
        me = self.request.user
        mine = Attendance.objects.filter(event=OuterRef("pk"), user=me)
        going = Attendance.objects.filter(event=OuterRef("pk"), status="going").order_by().values("event")
        shown = Q(visibility="public") | Q(host=me) | Q(host__in=connected(me)) | Exists(mine)
        events = unblocked(Event.objects.filter(shown, cancelled_at=None, host__is_active=True), me, "host")
        return (
            events.annotate(
                attendees_count=Coalesce(Subquery(going.annotate(count=Count("*")).values("count")), 0),
                my_status=Subquery(mine.values("status")),
            )
            .select_related("host__user_type", "host__profile")
            .order_by("-date")
        )

    @transaction.atomic
    def perform_create(self, serializer):
        """Tells everybody at once: what tells them later is a task queue more to run."""
        me = self.request.user
        if me.user_type.slug not in ("brand", "entrepreneur"):
            raise PermissionDenied
        data = serializer.validated_data
        ends_at = data.get("end_date") or data["date"] + timedelta(hours=24)
        event = serializer.save(host=me, uid=uuid.uuid4(), ends_at=ends_at, search_text=data["title"].lower())
        tell(User.objects.filter(is_active=True, pk__in=connected(me)), "event_hosted", me, event.pk, "event")


class StoriesView(generics.ListCreateAPIView):
    serializer_class = StorySerializer

    def get_queryset(self):
        me = self.request.user
        views = StoryView.objects.filter(story=OuterRef("pk"), viewer=me)
        live = Story.objects.filter(expires_at__gt=timezone.now(), user__is_active=True, user__in=connected(me))
        return live.annotate(seen=Exists(views)).select_related("user").order_by("-id")

    def perform_create(self, serializer):
        kind = serializer.validated_data["media"].content_type
        expires_at = timezone.now() + timedelta(hours=24)
        serializer.save(user=self.request.user, media_type="image", content_type=kind, expires_at=expires_at)


class NotificationsView(generics.ListAPIView):
    serializer_class = NotificationSerializer

    def get_queryset(self):
        me = self.request.user
        rows = unblocked(Notification.objects.filter(receiver=me), me, "actor")
        return rows.select_related("kind", "actor__user_type", "actor__profile").order_by("-id")

    def list(self, request, *args, **kwargs):
        response = super().list(request, *args, **kwargs)
        response.data["unread_count"] = self.get_queryset().filter(is_read=False).count()
        return response


class ChatView(generics.ListCreateAPIView):
    serializer_class = MessageSerializer

    def get_queryset(self):
        me = self.request.user
        other = get_object_or_404(
            unblocked(User.objects.filter(is_active=True), me, "pk"), pk=self.request.GET["user_id"]
        )
        people = ("sender__user_type", "sender__profile", "receiver__user_type", "receiver__profile")
        low, high = sorted([me.pk, other.pk])
        rows = Message.objects.filter(conversation__first=low, conversation__second=high, conversation__name=None)
        return rows.select_related(*people).prefetch_related("attachments").order_by("-id")

    @transaction.atomic
    def perform_create(self, serializer):
        me, receiver = self.request.user, serializer.validated_data["receiver"]
        pair = Q(blocker=me, blocked=receiver) | Q(blocker=receiver, blocked=me)
        if Block.objects.filter(pair).exists():
            raise ValidationError({"receiver_id": ["User not found."]})
        low, high = sorted([me, receiver], key=lambda person: person.pk)
        conversation, _ = Conversation.objects.get_or_create(first=low, second=high, name=None)
        conversation.save(update_fields=["updated_at"])
        serializer.save(sender=me, conversation=conversation)
        tell([receiver], "message_received", me, conversation.pk, "message")


def tell(people, code, actor, target, leads_to):
    kind = NotificationType.objects.get(code=code)
    Notification.objects.bulk_create(
        [
            Notification(
                receiver=person,
                actor=actor,
                kind=kind,
                title=kind.title,
                message=kind.message,
                priority=kind.priority,
                redirect_kind=leads_to,
                redirect_id=target,
                redirect_url=f"/api/v1/{leads_to}s/{target}",
            )
            for person in people
        ],
        batch_size=1000,
    )
