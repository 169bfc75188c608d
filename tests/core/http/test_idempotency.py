"""Idempotency-Key: a repeated POST gets the first answer again and creates nothing."""

import time
from datetime import timedelta

import pytest
from django.core.signing import loads
from django.db import connection
from django.test import RequestFactory
from django.utils import timezone
from django.utils.module_loading import import_string
from django_q.models import Schedule
from ninja.responses import Status

from apps.accounts.models import Document
from apps.core import audit
from apps.core.http import throttling
from apps.core.http.idempotency import InProgress, once
from apps.core.http.links import file_url
from apps.core.http.schemas import Out, Reply, ok
from apps.core.models import AuditEntry, IdempotencyKey
from apps.social.models import Connection
from tests.client import ApiClient, image_file, pdf_file
from tests.factories import UserFactory
from tests.races import together

URL = "/connections/request"


@pytest.fixture
def bob(db):
    return UserFactory(username="bob")


def ask(client, receiver, key="a-key", **headers):
    return client.post(URL, {"receiver_id": receiver.pk}, idempotency_key=key, **headers)


def test_the_same_request_gets_the_same_answer(alice_client, bob):
    first = ask(alice_client, bob)
    again = ask(alice_client, bob)

    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert Connection.objects.count() == 1


def test_equal_fields_are_the_same_body(alice_client, bob):
    first = ask(alice_client, bob)

    other_spelling = alice_client.post(URL + "/", {"receiver": str(bob.pk)}, idempotency_key="a-key")

    assert other_spelling.json() == first.json()


def test_without_a_key_it_is_a_new_request(alice_client, bob):
    ask(alice_client, bob)

    assert alice_client.post(URL, {"receiver_id": bob.pk}).json()["detail"] == "Connection request already sent."


def test_another_body_with_the_same_key_is_refused(alice_client, bob):
    ask(alice_client, bob)

    response = ask(alice_client, UserFactory())

    assert response.status_code == 409
    assert response.json()["code"] == "idempotency_key_reused"
    assert Connection.objects.count() == 1


def test_another_operation_with_the_same_key_is_refused(alice_client, bob):
    ask(alice_client, bob)

    assert alice_client.post("/blocks", {"user_id": bob.pk}, idempotency_key="a-key").status_code == 409


def test_keys_belong_to_one_person(alice_client, bob):
    ask(alice_client, bob)

    assert ask(ApiClient(UserFactory()), bob).status_code == 201
    assert Connection.objects.count() == 2


def test_while_the_first_is_running_the_second_is_told_to_wait(alice_client, bob):
    answers = []

    def meanwhile(execute, sql, params, many, context):
        if sql.startswith('INSERT INTO "social_connection"'):
            answers.append(ask(alice_client, bob))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(meanwhile):
        first = ask(alice_client, bob)

    assert first.status_code == 201
    assert [answer.status_code for answer in answers] == [409]
    assert answers[0].json()["code"] == "idempotency_in_progress"
    assert answers[0]["Retry-After"] == "1"


def crashed(key="a-key", seconds=0):
    """The first one never came to its end, and began so long ago."""
    Connection.objects.all().delete()
    IdempotencyKey.objects.filter(key=key).update(
        answer=None, status=0, claimed_at=timezone.now() - timedelta(seconds=seconds)
    )


def test_a_claim_is_left_alone_for_a_minute(alice_client, bob):
    ask(alice_client, bob)
    crashed(seconds=58)

    assert ask(alice_client, bob).json()["code"] == "idempotency_in_progress"


def test_an_older_claim_is_taken_over(alice_client, bob):
    ask(alice_client, bob)
    crashed(seconds=61)

    response = ask(alice_client, bob)

    assert response.status_code == 201
    assert ask(alice_client, bob).json() == response.json()
    assert Connection.objects.count() == 1


def test_a_first_runner_that_was_overtaken_is_undone(alice_client, bob):
    def overtake(execute, sql, params, many, context):
        done = execute(sql, params, many, context)
        if sql.startswith('INSERT INTO "social_connection"'):
            IdempotencyKey.objects.update(claimed_at=timezone.now())
        return done

    with connection.execute_wrapper(overtake):
        response = ask(alice_client, bob)

    assert response.status_code == 409
    assert response.json()["code"] == "idempotency_in_progress"
    assert Connection.objects.count() == 0


def test_a_refused_request_leaves_its_key_free(alice_client, alice, bob):
    assert ask(alice_client, alice).status_code == 400

    assert ask(alice_client, bob).status_code == 201


def test_a_failed_request_leaves_its_key_free(alice_client, bob):
    def fail(execute, sql, params, many, context):
        if sql.startswith('INSERT INTO "notifications_notification"'):
            raise RuntimeError("a mistake")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(fail):
        assert ask(alice_client, bob).status_code == 500

    assert ask(alice_client, bob).status_code == 201


@pytest.mark.parametrize(("length", "status"), [(255, 201), (256, 400)])
def test_a_key_has_up_to_255_characters(alice_client, bob, length, status):
    assert ask(alice_client, bob, key="k" * length).status_code == status


def test_after_a_day_the_answer_is_forgotten(alice_client, bob):
    ask(alice_client, bob)
    Connection.objects.all().delete()
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))

    assert ask(alice_client, UserFactory()).status_code == 201


@pytest.fixture
def two_keys(settings):
    """More than two keys are too many."""
    settings.THROTTLES = True
    settings.IDEMPOTENCY_KEYS = 2
    throttling.limiter().storage.reset()


def ask_new(client, key):
    return ask(client, UserFactory(), key)


def test_a_person_has_so_many_keys_and_no_more(alice_client, bob, two_keys):
    first = ask(alice_client, bob, "one")
    ask_new(alice_client, "two")
    IdempotencyKey.objects.filter(key="one").update(created_at=timezone.now() - timedelta(hours=23))

    refused = ask_new(alice_client, "three")

    assert (refused.status_code, refused.json()["code"]) == (429, "throttled")
    assert 3590 <= int(refused["Retry-After"]) <= 3600  # when the oldest is forgotten
    assert Connection.objects.count() == 2
    assert set(IdempotencyKey.objects.values_list("key", flat=True)) == {"one", "two"}
    assert ask(alice_client, bob, "one").json() == first.json()
    assert alice_client.post(URL, {"receiver_id": UserFactory().pk}).status_code == 201
    assert ask_new(ApiClient(UserFactory()), "three").status_code == 201


@pytest.mark.parametrize("forgotten", ["expired", "refused"])
def test_a_key_that_is_forgotten_makes_room(alice_client, alice, two_keys, forgotten):
    ask_new(alice_client, "one")
    if forgotten == "expired":
        ask_new(alice_client, "two")
        IdempotencyKey.objects.filter(key="two").update(created_at=timezone.now() - timedelta(hours=25))
    else:
        assert ask(alice_client, alice, "two").status_code == 400

    assert ask_new(alice_client, "three").status_code == 201


def test_without_limits_there_are_as_many_keys_as_one_likes(alice_client, settings, two_keys):
    settings.THROTTLES = False

    assert [ask_new(alice_client, str(number)).status_code for number in range(4)] == [201] * 4


def test_the_schedule_forgets_only_old_keys(alice_client, bob):
    ask(alice_client, bob, key="old")
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=25))
    alice_client.post("/blocks", {"user_id": bob.pk}, idempotency_key="new")

    import_string(Schedule.objects.get(name="Forget old idempotency keys").func)()

    assert list(IdempotencyKey.objects.values_list("key", flat=True)) == ["new"]


def upload(client, file, key="a-key"):
    return client.post("/users/verify", form={"type": "identity", "file": file}, idempotency_key=key)


def test_the_same_file_is_the_same_body(alice_client):
    first = upload(alice_client, pdf_file("one.pdf"))
    again = upload(alice_client, pdf_file("two.pdf"))

    assert first.status_code == again.status_code == 201
    assert first.json() == again.json()
    assert Document.objects.count() == 1


def test_another_file_is_another_body(alice_client):
    upload(alice_client, pdf_file())

    assert upload(alice_client, image_file()).json()["code"] == "idempotency_key_reused"


def test_a_replay_stores_no_second_file(alice_client, stored_files):
    upload(alice_client, pdf_file())
    before = stored_files()

    upload(alice_client, pdf_file())

    assert stored_files() == before


def test_operations_that_sign_in_take_no_key(db):
    form = {"username": "brand1", "email": "brand@infloo.in", "password": "Secret@123", "user_type_id": 2}

    ApiClient().post("/users/auth/register", form, idempotency_key="a-key")

    assert IdempotencyKey.objects.count() == 0


class LinkOut(Out):
    id: int
    file_url: str | None


def test_links_to_files_are_signed_anew(alice, monkeypatch):
    request = RequestFactory().post("/api/v1/things", headers={"Idempotency-Key": "a-key"})
    request.user = alice
    made = {"id": 7, "file_url": file_url("document", 7, alice.pk)}
    handler = once(lambda request: Status(201, ok([made, {"id": 8, "file_url": None}])), Reply[list[LinkOut]])
    first = handler(request).value.data[0].file_url
    later = time.time() + 3000
    monkeypatch.setattr(time, "time", lambda: later)

    replayed = handler(request).value.data

    signature = replayed[0].file_url.partition("?sig=")[2]
    assert replayed[0].file_url != first
    assert loads(signature, salt="files", max_age=1) == ["document", 7, alice.pk]
    assert replayed[1].file_url is None


class TextOut(Out):
    text: str


def test_what_is_too_long_to_be_kept_is_undone(alice):
    request = RequestFactory().post("/api/v1/things", headers={"Idempotency-Key": "a-key"})
    request.user = alice

    def write(request):
        audit.record(actor=alice, action="written", target=alice)
        return Status(201, ok({"text": "ü" * 33_000}))

    with pytest.raises(ValueError, match="too long to be kept"):
        once(write, Reply[TextOut])(request)

    assert not AuditEntry.objects.exists()
    assert not IdempotencyKey.objects.exists()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_creates():
    client, bob = ApiClient(UserFactory()), UserFactory()

    answers = together(*[lambda: ask(client, bob)] * 8)

    assert Connection.objects.count() == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in answers if answer.status_code == 201}) == 1
    assert ask(client, bob).status_code == 201


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_one_who_took_over_keeps_the_work():
    request = RequestFactory().post("/api/v1/things", headers={"Idempotency-Key": "a-key"})
    request.user = UserFactory()
    runs = []

    def second():
        IdempotencyKey.objects.update(claimed_at=timezone.now() - timedelta(seconds=61))
        return write_entry(request)

    def write(request):
        runs.append(None)
        if len(runs) == 1:
            together(second)
        audit.record(actor=request.user, action=f"run {len(runs)}", target=request.user)
        return Status(201, ok(None))

    write_entry = once(write, Reply[None])

    with pytest.raises(InProgress):
        write_entry(request)

    assert [entry.action for entry in AuditEntry.objects.all()] == ["run 2"]
    assert write_entry(request).status_code == 201
    assert len(runs) == 2


def test_a_file_that_was_stored_goes_when_its_answer_cannot_be_kept(alice_client, stored_files):
    """Another runner took the key over meanwhile: all that this one did is undone."""

    def taken_over(execute, sql, params, many, context):
        if sql.startswith('UPDATE "core_idempotencykey" SET "status"'):
            IdempotencyKey.objects.update(claimed_at=timezone.now() + timedelta(seconds=1))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(taken_over):
        response = alice_client.post(
            "/users/verify", form={"type": "identity", "file": pdf_file()}, idempotency_key="a"
        )

    assert (response.status_code, response.json()["code"]) == (409, "idempotency_in_progress")
    assert (Document.objects.count(), stored_files()) == (0, [])
