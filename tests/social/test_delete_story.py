import pytest
from django.db import transaction

from apps.core.models import AuditEntry
from apps.social.models import Story, StoryView
from apps.social.services.stories import delete_story
from tests.client import ApiClient
from tests.factories import ConnectionFactory, StaffFactory, StoryFactory, StoryViewFactory, UserFactory
from tests.races import together


@pytest.fixture
def story(alice):
    return StoryFactory(user=alice, caption="Hello")


def delete(client, story):
    return client.delete(f"/stories/{story.pk}")


def person(relation, author):
    people = {
        "author": lambda: author,
        "connection": lambda: ConnectionFactory(receiver=author, accepted=True).sender,
        "moderator": StaffFactory,
        "stranger": UserFactory,
        "staff without the permission": lambda: UserFactory(is_staff=True, role="brand"),
        "nobody": lambda: None,
    }
    return people[relation]()


@pytest.mark.parametrize(
    ("relation", "status"),
    [
        ("author", 204),
        ("moderator", 204),
        ("connection", 403),
        ("stranger", 404),
        ("staff without the permission", 404),
        ("nobody", 401),
    ],
)
def test_who_may_remove_it(alice, story, stored_files, relation, status):
    response = delete(ApiClient(person(relation, alice)), story)

    assert response.status_code == status
    assert Story.objects.live().exists() == (status != 204)
    assert len(stored_files()) == 1  # what goes, goes after the commit


def test_its_views_go_too(alice_client, story):
    StoryViewFactory.create_batch(2, story=story)

    delete(alice_client, story)

    assert not StoryView.objects.exists()


def test_its_file_goes_once_that_is_committed(alice_client, story, stored_files, django_capture_on_commit_callbacks):
    other = StoryFactory(user=story.user)

    with django_capture_on_commit_callbacks(execute=True):
        delete(alice_client, story)
        assert len(stored_files()) == 2

    assert [str(path) for path in stored_files()] == [other.media.path]


@pytest.mark.django_db(transaction=True)
def test_a_removal_that_is_undone_keeps_the_file(alice, story, stored_files):
    with transaction.atomic():
        delete_story(story=story, by=alice)
        transaction.set_rollback(True)

    assert Story.objects.get() == story
    assert len(stored_files()) == 1


def test_what_a_moderator_does_is_written_down(story):
    moderator = StaffFactory()

    ApiClient(moderator).delete(f"/stories/{story.pk}", x_request_id="look-1")

    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.note) == (moderator, "story.taken_down", "")
    assert (entry.target, entry.request_id) == (f"social.story:{story.pk}", "look-1")


@pytest.mark.parametrize("relation", ["author", "connection"])
def test_what_anybody_else_does_is_not(alice, story, relation):
    delete(ApiClient(person(relation, alice)), story)

    assert not AuditEntry.objects.exists()


def test_a_moderator_of_their_own_story_is_its_author(db):
    moderator = StaffFactory()

    assert delete(ApiClient(moderator), StoryFactory(user=moderator)).status_code == 204
    assert not AuditEntry.objects.exists()


def test_a_second_time_there_is_nothing(alice_client, story):
    assert [delete(alice_client, story).status_code for _ in range(2)] == [204, 404]


def test_an_expired_story_is_not_found(alice, alice_client):
    assert delete(alice_client, StoryFactory(user=alice, expired=True)).status_code == 404


@pytest.mark.parametrize("number", ["0", "999999"])
def test_an_unknown_story_is_not_found(alice_client, number):
    assert alice_client.delete(f"/stories/{number}").status_code == 404


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_moderators_at_once_one_takes_it_down(story, stored_files):
    clients = [ApiClient(StaffFactory()) for _ in range(4)]

    answers = together(*[lambda client=client: delete(client, story) for client in clients])

    assert sorted(answer.status_code for answer in answers) == [204, 404, 404, 404]
    assert AuditEntry.objects.count() == 1
    assert len(stored_files()) == 1
