import uuid
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Count, ExpressionWrapper, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce, Greatest
from django.utils import timezone

from apps.accounts.models import User, UserQuerySet, has_permission, is_away, is_there, not_blocked, there_for
from apps.core.http.links import API
from apps.core.media.kinds import IMAGES
from apps.core.operations.storage import private_storage
from apps.core.reading.compiled import compiled
from apps.core.reading.search import fold, words_in
from apps.core.reading.viewer import Viewer
from apps.social.models import connected_ids

USUAL_LENGTH = timedelta(hours=24)
"""How long an event lasts that names no end."""


class Period(StrEnum):
    ALL = "all"
    ONGOING = "ongoing"
    UPCOMING = "upcoming"
    PAST = "past"


def cover_name(event: "Event", filename: str) -> str:
    return f"covers/{uuid.uuid4().hex}{IMAGES[event.cover_type]}"


class EventQuerySet(models.QuerySet["Event"]):
    def visible_to(self, viewer: Viewer) -> Self:
        return self.open_to(viewer).filter(cancelled_at=None)

    def open_to(self, viewer: Viewer) -> Self:
        """The only definition of who may see an event, a cancelled one too, but none that was taken down.

        Public ones everybody, others the host's connections and whoever was invited or takes part; blocked pairs do not
        see each other's.
        """
        shown = shown_to(viewer)
        if viewer.id is not None:
            shown |= has_permission(viewer, "events.moderate_event")
        return self.filter(shown, ~is_away("host"), removed_at=None)

    def when(self, when: Period, now: datetime | None) -> Self:
        """`all` has the newest date first, `past` the latest; what is to come or goes on, the soonest."""
        # What goes on is found by its end, among what is to come. Its bare date would have the database walk the index
        # of dates instead, in this order, from the first event ever held.
        hidden_date = Greatest("date", "date")
        match when:
            case Period.ALL:
                return self.order_by("-date", "-pk")
            case Period.PAST:
                return self.filter(ends_at__lte=now).order_by("-date", "-pk")
            case Period.ONGOING:
                return self.filter(date__lte=now, ends_at__gt=now).order_by(hidden_date, "pk")
            case Period.UPCOMING:
                return self.filter(date__gt=now).order_by("date", "pk")

    def matching(self, *, search: str | None = None, host: int | None = None) -> Self:
        rows = self if search is None else self.filter(words_in("search_text", search))
        return rows if host is None else rows.filter(host=host)

    def in_calendar_of(self, user: User) -> Self:
        """What they host or take part in, cancelled ones too, back to three months ago."""
        part = Attendance.objects.filter(user=user).exclude(status=Attendance.Status.INVITED).values("event")
        recent = self.open_to(Viewer.of(user)).filter(ends_at__gt=timezone.now() - timedelta(days=90))
        return recent.filter(Q(host=user) | Q(pk__in=part)).order_by("date", "pk")

    def taking_place(self) -> Self:
        """Neither cancelled nor taken down nor its host gone."""
        return self.filter(is_there("host"), cancelled_at=None, removed_at=None)

    def kept(self) -> Self:
        """Those that no moderator took down."""
        return self.filter(removed_at=None)

    def removed(self) -> Self:
        return self.exclude(removed_at=None)

    def removed_before(self, moment: datetime) -> Self:
        return self.filter(removed_at__lt=moment)

    def starting(self, after: datetime, until: datetime) -> Self:
        return self.taking_place().filter(date__gt=after, date__lte=until)

    def with_cover(self, viewer: Viewer) -> Self:
        """Those that have one, with whether they are `shown` to the viewer without a moderator's permission."""
        shown = ExpressionWrapper(shown_to(viewer), output_field=models.BooleanField())
        return self.exclude(cover="").annotate(shown=shown)

    def with_people(self, event_id: int, viewer: Viewer) -> Self:
        """This event, with whether `viewer` `manages` it, and how many people are in its `attendee_list`."""
        manages = Q(host=viewer.id) | has_permission(viewer, "events.moderate_event")
        # By the number, not by an outer reference: SQLite would read the host's blocks for each person.
        host = Subquery(Event.objects.filter(pk=event_id).values("host"))
        people = Attendance.objects.listed_for(host, event_id).order_by().values(one=Value(1))
        return self.filter(pk=event_id).annotate(
            manages=ExpressionWrapper(manages, output_field=models.BooleanField()),
            people_count=Coalesce(Subquery(people.annotate(count=Count("*")).values("count")), 0),
        )

    def with_going(self) -> Self:
        return self.annotate(attendees_count=going_count())


def shown_to(viewer: Viewer) -> Q:
    """What somebody sees of it who has no moderator's permission."""
    if viewer.id is None:
        return Q(visibility=Event.Visibility.PUBLIC)
    taking_part = Attendance.objects.filter(user=viewer.id).values("event")
    concerned = Q(host=viewer.id) | Q(host__in=connected_ids(viewer.id)) | Q(pk__in=taking_part)
    return (Q(visibility=Event.Visibility.PUBLIC) | concerned) & not_blocked(viewer.id, "host")


def going_count() -> Coalesce:
    """How many are going to the event of the outer query."""
    going = Attendance.objects.filter(event=OuterRef("pk"), status=Attendance.Status.GOING).order_by()
    return Coalesce(Subquery(going.values("event").annotate(count=Count("*")).values("count")), 0)


def own_status(viewer: Viewer) -> Subquery | Value:
    """How the viewer stands to the event of the outer query."""
    if viewer.id is None:
        return Value(None, output_field=models.CharField())
    return Subquery(Attendance.objects.filter(event=OuterRef("pk"), user=viewer.id).values("status"))


class Event(models.Model):
    class Visibility(models.TextChoices):
        PUBLIC = "public"
        CONNECTIONS = "connections"

    host = models.ForeignKey(User, db_index=False, on_delete=models.CASCADE, related_name="events")
    title = models.CharField(max_length=200)
    description = models.TextField(blank=True)
    date = models.DateTimeField()
    end_date = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(editable=False, help_text="The end, named or not.")
    location = models.CharField(max_length=200)
    capacity = models.PositiveIntegerField(null=True, blank=True)
    visibility = models.CharField(max_length=20, choices=Visibility, default=Visibility.PUBLIC)
    cover = models.FileField(storage=private_storage, upload_to=cover_name, blank=True)
    cover_type = models.CharField(max_length=50, blank=True, editable=False)
    uid = models.UUIDField(default=uuid.uuid4, editable=False, help_text="The event's name in calendars.")
    sequence = models.PositiveIntegerField(default=0, editable=False, help_text="Rises with every change.")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    removed_at = models.DateTimeField(null=True, editable=False, help_text="When a moderator took it down.")
    search_text = models.TextField(blank=True, editable=False)

    manages: bool
    people_count: int
    """Both where a query says so: see `with_people`."""

    shown: bool
    """See `with_cover`."""

    attendees_count: int
    """See `with_going`."""

    objects = EventQuerySet.as_manager()

    class Meta:
        permissions = [
            ("join_event", "Can join events"),
            ("moderate_event", "Can see, change and cancel anybody's events"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(capacity=None) | Q(capacity__gte=1), name="room_for_somebody"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("date")), name="an_event_ends_after_it_begins"),
        ]
        indexes = [
            models.Index(fields=["date", "id"], name="events_by_date"),
            models.Index(fields=["ends_at", "date"], name="events_by_end"),
            models.Index(fields=["host", "date"], name="events_by_host"),
            models.Index(fields=["removed_at"], condition=Q(removed_at__isnull=False), name="events_removed"),
            GinIndex(fields=["search_text"], name="events_search", opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return self.title

    def set_derived_fields(self) -> None:
        """What follows from the other fields; to be called before a save that changes them."""
        self.ends_at = self.end_date or self.date + USUAL_LENGTH
        self.search_text = fold("\n".join([self.title, self.description, self.location]))

    @property
    def has_ended(self) -> bool:
        return self.ends_at <= timezone.now()

    @property
    def state(self) -> str:
        if self.removed_at:
            return "removed"
        if self.cancelled_at:
            return "cancelled"
        if self.has_ended:
            return "past"
        return "upcoming" if self.date > timezone.now() else "ongoing"

    @property
    def path(self) -> str:
        return f"{API}/events/{self.pk}"

    @property
    def places_taken(self) -> str:
        """How many are going, and of how many places; the spaces do not break."""
        return f"{self.attendees_count}\xa0of\xa0{self.capacity}" if self.capacity else str(self.attendees_count)


@compiled()
def event_list(viewer: Viewer, when: Period, now: datetime | None, host: int | None) -> EventQuerySet:
    """`now` is None where all are listed."""
    return Event.objects.visible_to(viewer).matching(host=host).when(when, now)


def events_found(viewer: Viewer, when: Period, now: datetime | None, host: int | None, search: str) -> EventQuerySet:
    """As `event_list`, with these words.

    Not compiled: there may be any number of them, and how many rows have them decides how the database looks.
    """
    return Event.objects.visible_to(viewer).matching(host=host, search=search).when(when, now)


@compiled()
def visible_event(viewer: Viewer, event_id: int) -> EventQuerySet:
    return Event.objects.visible_to(viewer).filter(pk=event_id)


@compiled()
def written_event(event_id: int) -> EventQuerySet:
    """For the answer after a write: also one that a change has just hidden from its viewer."""
    return Event.objects.filter(pk=event_id)


class CalendarFeed(models.Model):
    """Whose calendar address counts: a new `generation` makes the former one worthless. The first needs no row."""

    FIRST = 1

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="calendar_feed")
    generation = models.PositiveIntegerField(default=FIRST)

    def __str__(self) -> str:
        return f"{self.user_id} #{self.generation}"


def feed_of(user: User) -> CalendarFeed:
    return CalendarFeed.objects.filter(user=user).first() or CalendarFeed(user=user)


def feed_owner(user_id: int, generation: int) -> User | None:
    """Whose address this is, if it is their present one."""
    present = Coalesce("calendar_feed__generation", CalendarFeed.FIRST)
    return User.objects.active().annotate(present=present).filter(pk=user_id, present=generation).first()


class AttendanceQuerySet(models.QuerySet["Attendance"]):
    def listed_for(self, host_id: Any, event_id: int) -> Self:
        """Those of the people who are there for the event's host, whose id may be an expression."""
        return self.filter(there_for(host_id, "user"), event=event_id)

    def going(self) -> Self:
        return self.filter(status=Attendance.Status.GOING)

    def waiting(self) -> Self:
        """First come, first served; who is away keeps their turn, and gets no place meanwhile."""
        waiting = self.filter(is_there("user"), status=Attendance.Status.WAITLISTED)
        return waiting.order_by("queued_at", "pk")

    def upcoming(self) -> Self:
        return self.filter(event__ends_at__gt=timezone.now())

    def untold(self, event_id: int) -> Self:
        """Who got a place in this event and has not been told; a second run waits for the first, and finds the rest."""
        return self.filter(event=event_id, untold_since__isnull=False).select_for_update(no_key=True).order_by("pk")

    def untold_before(self, moment: datetime) -> Self:
        return self.filter(untold_since__lt=moment)


class Attendance(models.Model):
    """How somebody stands to an event."""

    class Status(models.TextChoices):
        GOING = "going"
        WAITLISTED = "waitlisted"
        INTERESTED = "interested"
        INVITED = "invited"

    event = models.ForeignKey(Event, db_index=False, on_delete=models.CASCADE, related_name="attendances")
    user = models.ForeignKey(User, db_index=False, on_delete=models.CASCADE, related_name="attendances")
    status = models.CharField(max_length=20, choices=Status)
    queued_at = models.DateTimeField(default=timezone.now, help_text="Since when they want a place.")
    untold_since = models.DateTimeField(
        null=True, editable=False, help_text="When a place got free for them, until the worker tells them."
    )
    created_at = models.DateTimeField(default=timezone.now)

    objects = AttendanceQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["event", "user"], name="one_attendance_per_person")]
        indexes = [
            models.Index(fields=["event", "status", "queued_at", "id"], name="attendees_in_order"),
            models.Index(fields=["user", "status"], name="attendance_by_person"),
            models.Index(fields=["event", "id"], condition=Q(untold_since__isnull=False), name="attendance_untold"),
        ]

    def __str__(self) -> str:
        return f"{self.user} at {self.event}"


def connections_of(person: User) -> UserQuerySet:
    return User.objects.active().filter(pk__in=connected_ids(person.pk))


def connections_who_see(person: User, event: Event) -> UserQuerySet:
    """The connections of `person` who may see `event`."""
    people = User.objects.there_for(event.host_id).filter(pk__in=connected_ids(person.pk))
    if event.visibility == Event.Visibility.PUBLIC:
        return people
    part = Attendance.objects.filter(event=event).values("user")
    return people.filter(Q(pk=event.host_id) | Q(pk__in=connected_ids(event.host_id)) | Q(pk__in=part))


def attendees(event: Event, *statuses: Attendance.Status) -> UserQuerySet:
    """Those who stand to the event and are there for its host."""
    rows = Attendance.objects.filter(event=event, status__in=statuses or Attendance.Status.values)
    return User.objects.there_for(event.host_id).filter(pk__in=rows.values("user"))


@compiled()
def attendee_list(event_id: int, host_id: int) -> AttendanceQuerySet:
    """Who is going comes first, and of each status who came first."""
    return Attendance.objects.listed_for(host_id, event_id).order_by("status", "queued_at", "pk")
