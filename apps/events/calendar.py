"""Events as iCalendar (RFC 5545), and the address of a person's own feed."""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.core import signing
from icalendar import Calendar, vDuration
from icalendar import Event as Entry

from apps.accounts.models import User
from apps.core.http.errors import NotFound
from apps.core.http.links import API, absolute
from apps.core.text import long_text
from apps.events.models import CalendarFeed, Event, feed_owner

CONTENT_TYPE = "text/calendar; charset=utf-8"
SALT = "calendar"
REFRESH = timedelta(hours=1)


def calendar_of(events: Iterable[Event], *, is_feed: bool = False) -> bytes:
    """One to subscribe to has a name and says when to ask for it again (RFC 7986, and as programs did before it)."""
    calendar = Calendar()
    calendar.add("prodid", f"-//Infloo//{settings.VERSION}//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    if is_feed:
        calendar.add("name", "Infloo")
        calendar.add("x-wr-calname", "Infloo")
        calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", vDuration(REFRESH))
    for event in events:
        calendar.add_component(entry_of(event))
    content: bytes = calendar.to_ical()
    return content


def entry_of(event: Event) -> Entry:
    """UID names the event for ever; SEQUENCE tells calendars which version is the newer one.

    RFC 5545 has no control characters, which older texts may hold.
    """
    entry = Entry()
    entry.add("uid", f"{event.uid}@infloo")
    entry.add("sequence", event.sequence)
    entry.add("dtstamp", event.updated_at)
    entry.add("last-modified", event.updated_at)
    entry.add("dtstart", event.date)
    entry.add("dtend", event.ends_at)
    entry.add("summary", long_text(event.title))
    entry.add("description", long_text(event.description))
    entry.add("location", long_text(event.location))
    entry.add("url", absolute(event.path))
    entry.add("status", "CANCELLED" if event.cancelled_at else "CONFIRMED")
    return entry


def feed_url(feed: CalendarFeed) -> str:
    token = signing.Signer(salt=SALT).sign_object([feed.user_id, feed.generation])
    return absolute(f"{API}/events/calendar.ics?token={token}")


def owner_of(token: str) -> User:
    """Whose feed this token opens; a former one opens nothing."""
    try:
        user_id, generation = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise NotFound from error
    if (owner := feed_owner(user_id, generation)) is None:
        raise NotFound
    return owner
