"""What test_sqlite_writers starts in a process of its own: eight people write at once, jobs keep coming."""

import json
import os
from collections import Counter

from django.db import transaction
from django_q.models import Success

from apps.accounts.tasks import prune_sessions
from apps.core.queue import queue
from tests.client import ApiClient
from tests.factories import UserFactory
from tests.races import together

WRITERS = 8
ROUNDS = 100 if "SOAK" in os.environ else 15


def main() -> None:
    people = UserFactory.create_batch(ROUNDS, password="!")
    receivers = [ApiClient(person) for person in people]
    writers = [ApiClient(person) for person in UserFactory.create_batch(WRITERS, password="!")]

    def write(writer: ApiClient) -> Counter[str]:
        answers: Counter[str] = Counter()
        for person, receiver in zip(people, receivers, strict=True):
            with transaction.atomic():
                queue(prune_sessions)
            for response in (
                writer.post("/connections/request", {"receiver_id": person.pk}),
                receiver.get("/notifications?limit=1"),
                receiver.post("/notifications/read"),
            ):
                answers[str(response.status_code)] += 1
        return answers

    answers = sum(together(*[lambda writer=writer: write(writer) for writer in writers]), Counter())
    print(json.dumps({"answers": answers, "jobs_done_meanwhile": Success.objects.count()}))
