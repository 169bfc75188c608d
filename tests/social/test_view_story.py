import pytest

from apps.core.http.errors import NotFound
from apps.core.models import AuditEntry
from apps.social.models import Story, StoryView
from apps.social.services.stories import view_story
from tests.client import ApiClient
from tests.factories import ConnectionFactory, StaffFactory, StoryFactory, UserFactory
from tests.races import together


@pytest.fixture
def story(alice):
    """Of somebody alice is connected to."""
    return StoryFactory(user=ConnectionFactory(sender=alice, accepted=True).receiver)


def view(client, story):
    return client.post(f"/stories/{story.pk}/view")


def test_it_counts(alice, alice_client, story):
    response = view(alice_client, story)

    assert (response.status_code, response.content) == (204, b"")
    assert StoryView.objects.get().viewer == alice
    assert alice_client.get("/stories").json()["data"][0]["seen"] is True


def test_it_counts_once_per_viewer(alice_client, story):
    bob = ConnectionFactory(sender=story.user, accepted=True).receiver

    statuses = [view(client, story).status_code for client in (alice_client, alice_client, ApiClient(bob))]

    assert statuses == [204, 204, 204]
    assert story.views.count() == 2


def test_the_authors_own_look_does_not_count(alice, alice_client):
    story = StoryFactory(user=alice)

    assert view(alice_client, story).status_code == 204
    assert not StoryView.objects.exists()


def test_a_moderators_look_is_no_view_but_is_written_down(story):
    moderator = StaffFactory()
    caller, author = ApiClient(moderator), ApiClient(story.user)

    assert [view(caller, story).status_code for _ in range(2)] == [204, 204]

    assert not StoryView.objects.exists()
    assert author.get("/stories/my_stories").json()["data"][0]["views_count"] == 0
    assert author.get(f"/stories/{story.pk}/viewers").json()["data"] == []
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.target) == (moderator, "story.viewed", f"social.story:{story.pk}")


def test_a_moderator_who_is_connected_looks_as_anybody_else(story):
    moderator = ConnectionFactory(sender=StaffFactory(), receiver=story.user, accepted=True).sender

    view(ApiClient(moderator), story)

    assert StoryView.objects.get().viewer == moderator
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("who", "status"),
    [("connection", 204), ("moderator", 204), ("pending", 404), ("stranger", 404), ("nobody", 401)],
)
def test_who_may_see_it(alice, who, status):
    story = StoryFactory(user=alice)
    people = {
        "connection": lambda: ConnectionFactory(receiver=alice, accepted=True).sender,
        "moderator": StaffFactory,
        "pending": lambda: ConnectionFactory(receiver=alice).sender,
        "stranger": UserFactory,
        "nobody": lambda: None,
    }

    response = view(ApiClient(people[who]()), story)

    assert response.status_code == status
    assert StoryView.objects.count() == (who == "connection")


def test_an_expired_story_is_not_found(alice_client, story):
    Story.objects.update(expires_at=story.created_at)

    assert view(alice_client, story).status_code == 404


def test_an_inactive_persons_story_is_not_found(alice_client, story):
    story.user.is_active = False
    story.user.save(update_fields=["is_active"])

    assert view(alice_client, story).status_code == 404


@pytest.mark.parametrize("number", ["0", "999999"])
def test_an_unknown_story_is_not_found(alice_client, number):
    assert alice_client.post(f"/stories/{number}/view").status_code == 404


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_one_viewer_at_once_counts_once(alice, story):
    clients = [ApiClient(alice) for _ in range(20)]

    answers = together(*[lambda client=client: view(client, story) for client in clients])

    assert {answer.status_code for answer in answers} == {204}
    assert StoryView.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_story_that_went_just_now_is_not_found(alice, story):
    Story.objects.all().delete()

    with pytest.raises(NotFound):
        view_story(story=story, viewer=alice)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_view_and_the_end_of_a_story_at_once_leave_nothing(alice, story):
    author = story.user
    bob = ConnectionFactory(receiver=author, accepted=True).sender
    ends, looks = ApiClient(author), [ApiClient(alice), ApiClient(bob)]

    for _ in range(5):
        last = StoryFactory(user=author)
        ended, *looked = together(
            lambda last=last: ends.delete(f"/stories/{last.pk}"),
            *[lambda client=client, last=last: view(client, last) for client in looks],
        )
        assert ended.status_code == 204
        assert {answer.status_code for answer in looked} <= {204, 404}
        assert not StoryView.objects.exists()
