"""The lists of the console, whose statements are the database's to like."""

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django_q.models import Failure

from apps.accounts.models import Document, User, UserType
from apps.moderation.models import Case
from apps.social.models import Connection
from tests.console.rows import ROWS, make, path_of


@pytest.mark.parametrize("model", ROWS, ids=str)
def test_every_list_can_be_searched_and_sorted_and_filtered(boss_client, model):
    make(model)
    columns = range(1, len(admin.site._registry[model].list_display) + 1)

    answers = [boss_client.get(path_of(model, "changelist"), {"q": "a", "o": column}) for column in columns]

    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.sqlite
@pytest.mark.parametrize("model", ROWS, ids=str)
def test_the_queries_of_a_list_do_not_grow_with_its_rows(boss_client, model):
    make(model)
    boss_client.get(path_of(model, "changelist"))

    with CaptureQueriesContext(connection) as few:
        boss_client.get(path_of(model, "changelist"))
    make(model, 30)
    with CaptureQueriesContext(connection) as many:
        page = boss_client.get(path_of(model, "changelist"))

    assert len(page.context["cl"].result_list) >= 30
    assert len(many) == len(few), many.captured_queries


def test_the_queries_of_the_first_page_do_not_grow(boss_client):
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert boss_client.get("/admin/").status_code == 200
        return len(captured)

    for model in (User, Document, Connection, Failure, Case):
        make(model)
    queries()
    few = queries()
    for model in (User, Document, Connection, Failure, UserType, Case):
        make(model, 10)

    assert queries() == few
