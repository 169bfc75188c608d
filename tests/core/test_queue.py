import pytest
from django.db import transaction
from django_q.models import OrmQ

from apps.core.queue import queue

done: list[int] = []


def note(number: int) -> None:
    done.append(number)


@pytest.fixture(autouse=True)
def _nothing_done():
    done.clear()


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_it_is_a_mistake():
    with pytest.raises(RuntimeError, match="inside the transaction"):
        queue(note, 1)

    assert OrmQ.objects.count() == 0


def test_it_is_done_later_with_its_arguments(db, run_jobs):
    with transaction.atomic():
        queue(note, 1)
        queue(note, 2)

    assert done == []
    assert run_jobs() == 2
    assert done == [1, 2]


@pytest.mark.django_db(transaction=True)
def test_it_commits_with_the_work(run_jobs):
    with transaction.atomic():
        queue(note, 1)

    assert run_jobs() == 1


@pytest.mark.django_db(transaction=True)
def test_it_is_undone_with_the_work(run_jobs):
    with transaction.atomic():
        queue(note, 1)
        transaction.set_rollback(True)

    assert run_jobs() == 0
