"""What reading events costs, whoever asks and however many rows there are."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.events.calendar import feed_url
from apps.events.models import feed_of
from tests.client import ApiClient
from tests.events.people import stands_to
from tests.factories import AttendanceFactory, EventFactory


def feed_path(person):
    return feed_url(feed_of(person)).partition("/api/v1")[2]


ATTENDEES = "/events/{id}/attendees?limit=100"
READS = [
    # path, caller, queries
    *[
        (path, caller, queries)
        for path in ("/events?limit=100", "/events?limit=100&when=upcoming&search=gala")
        for caller, queries in (("nobody", 2), ("stranger", 3), ("moderator", 3))  # who you are, count, events
    ],
    *[
        (path, caller, queries)
        for path in ("/events/{id}", "/events/{id}/calendar.ics")
        for caller, queries in (("nobody", 1), ("stranger", 2), ("moderator", 2))  # who you are, the event
    ],
    (ATTENDEES, "host", 3),  # who you are, the event with the count, people
    (ATTENDEES, "moderator", 3),
    (ATTENDEES, "going", 2),  # refused
    ("/events/calendar", "going", 2),  # who you are, your address
    ("{feed}", "going", 2),  # whose it is, their events
]


@pytest.mark.parametrize(("path", "caller", "expected"), READS)
def test_its_query_count_does_not_grow(host, event, path, caller, expected):
    person = stands_to(event, caller)
    client = ApiClient(person)
    url = path.format(id=event.pk, feed=person and feed_path(person))
    counts = []
    for more in (1, 9, 30):
        AttendanceFactory.create_batch(more, event=event)
        for another in EventFactory.create_batch(more, host=host):
            AttendanceFactory(event=another, user=person or host)
        with CaptureQueriesContext(connection) as queries:
            response = client.get(url)
        counts.append(len(queries))

    assert response.status_code == (403 if (path, caller) == (ATTENDEES, "going") else 200)
    assert counts == [expected] * 3
