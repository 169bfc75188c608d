"""Visits are collected in the process, so they show a little later; one that is stopped loses none."""

import time

from tests.e2e.people import data_of, joined, visitor

PATIENCE = 10


def visits_of(person) -> int:
    return data_of(person.get("/api/v1/users/analytics", params={"days": 1}))["totals"]["profile_visits"]


def test_a_visit_shows_within_ten_seconds(shared):
    with joined(shared, "visited", 1) as visited, joined(shared, "visitor", 2) as looking:
        for _ in range(3):
            data_of(looking.get("/api/v1/users/profile/visited"))
        until = time.monotonic() + PATIENCE
        while not visits_of(visited) and time.monotonic() < until:
            time.sleep(0.2)

        assert visits_of(visited) == 1


def test_ctrl_c_loses_no_visit(start):
    infloo = start(FLUSH_SECONDS="8")  # later than it takes to stop
    with joined(infloo, "visited", 1) as visited, joined(infloo, "visitor", 2) as looking:
        token = visited.headers["Authorization"]
        data_of(looking.get("/api/v1/users/profile/visited"))
    infloo.interrupt()

    again = start()

    with visitor(again) as visited:
        visited.headers["Authorization"] = token
        assert visits_of(visited) == 1
