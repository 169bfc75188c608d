import re
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.core.models import AuditEntry
from apps.social.models import Story
from tests.client import image_file
from tests.console.conftest import browser
from tests.factories import StaffFactory, StoryFactory, StoryViewFactory, UserFactory

LIST = "/admin/social/story/"


def page_of(story: Story) -> str:
    return f"{LIST}{story.pk}/change/"


def take_down(client, *stories: Story, **options: str):
    chosen = [story.pk for story in stories]
    return client.post(
        LIST, {"action": "take_down", "_selected_action": chosen, "confirmed": "yes"} | options, follow=True
    )


@pytest.fixture
def colleague_client(db):
    """May look at the rows, may not moderate."""
    colleague = StaffFactory()
    colleague.groups.get().permissions.remove(colleague.groups.get().permissions.get(codename="moderate_story"))
    return browser(colleague)


def test_the_list_shows_the_newest_first_with_their_views(staff_client):
    old, new = StoryFactory.create_batch(2)
    StoryViewFactory.create_batch(2, story=old)

    page = staff_client.get(LIST)

    rows = list(page.context["cl"].result_list)
    assert rows == [new, old]
    assert [row.views_count for row in rows] == [0, 2]


def test_the_list_shows_no_files_since_each_look_is_written_down(staff_client):
    StoryFactory()

    html = staff_client.get(LIST).content.decode()

    assert "/api/v1/files/" not in html
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"q": "bob"}, "bob"),
        ({"q": "sunset"}, "carol"),
        ({"media_type__exact": "video"}, "carol"),
        ({"media_type__exact": "image"}, "bob"),
    ],
)
def test_the_list_is_searched_and_filtered(staff_client, query, found):
    StoryFactory(user=UserFactory(username="bob"))
    StoryFactory(user=UserFactory(username="carol"), caption="A sunset", video=True)

    rows = staff_client.get(LIST, query).context["cl"].result_list

    assert [row.user.username for row in rows] == [found]


def test_an_author_is_found_by_the_autocomplete(staff_client):
    StoryFactory(user=UserFactory(username="findme"))

    response = staff_client.get(
        "/admin/autocomplete/", {"term": "findm", "app_label": "social", "model_name": "story", "field_name": "user"}
    )

    assert [row["text"] for row in response.json()["results"]] == ["findme"]


def test_a_picture_is_shown_through_the_private_view(staff, staff_client):
    story = StoryFactory(caption="Hello")

    html = staff_client.get(page_of(story)).content.decode()
    link = re.search(r'<img src="(/api[^"]+)"', html)[1]
    file = staff_client.get(link)

    assert link.startswith(f"/api/v1/files/story/{story.pk}?sig=")
    assert b"".join(file.streaming_content) == image_file().read()
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.action, entry.target) == (staff, "story.viewed", f"social.story:{story.pk}")


def test_opening_its_page_is_a_look(staff_client):
    story = StoryFactory(video=True)

    for _ in range(2):
        staff_client.get(page_of(story))

    assert [entry.target for entry in AuditEntry.objects.all()] == [f"social.story:{story.pk}"]


def test_a_film_is_shown_with_its_controls(staff_client):
    story = StoryFactory(video=True)

    html = staff_client.get(page_of(story)).content.decode()

    assert re.search(rf'<video src="/api/v1/files/story/{story.pk}\?sig=[^"]+" controls', html)


@pytest.mark.parametrize("why", ["expired", "the author is inactive", "no moderator"])
def test_who_may_not_see_the_file_has_no_link_to_it(staff_client, colleague_client, why):
    story = StoryFactory(
        expires_at=timezone.now() + timedelta(hours=0 if why == "expired" else 1),
        user__is_active=why != "the author is inactive",
    )

    page = (colleague_client if why == "no moderator" else staff_client).get(page_of(story))

    assert page.status_code == 200
    assert "/api/v1/files/" not in page.content.decode()
    assert "You cannot see the media" in page.content.decode()


def test_selected_stories_are_taken_down(staff, staff_client, stored_files, django_capture_on_commit_callbacks):
    first, second, other = StoryFactory.create_batch(3, caption="Hello")

    with django_capture_on_commit_callbacks(execute=True):
        page = take_down(staff_client, first, second)

    assert Story.objects.live().get() == other
    assert len(stored_files()) == 3
    assert [str(message) for message in page.context["messages"]] == ["Took down 2 stories."]
    entries = AuditEntry.objects.filter(actor=staff, action="story.taken_down")
    assert {entry.target for entry in entries} == {f"social.story:{story.pk}" for story in (first, second)}


def test_an_expired_story_may_be_taken_down(staff_client):
    take_down(staff_client, StoryFactory(expired=True))

    assert Story.objects.removed().exists()


def test_the_page_of_a_story_asks_before_it_takes_it_down(staff_client):
    story = StoryFactory()
    action = f"{LIST}{story.pk}/take-down/"

    page = staff_client.get(page_of(story)).content.decode()
    question = staff_client.get(action)

    assert action in page
    assert "Take this story down?" in question.content.decode()
    assert Story.objects.exists()


def test_the_page_of_a_story_takes_it_down(staff_client):
    story = StoryFactory()

    response = staff_client.post(f"{LIST}{story.pk}/take-down/", {"_form_submitted": "on"})

    assert (response.status_code, response["HX-Redirect"]) == (200, LIST)
    assert Story.objects.removed().exists()
    assert AuditEntry.objects.get().action == "story.taken_down"


@pytest.mark.parametrize("row_id", ["999", "0", "abc"])
def test_an_unknown_story_is_not_found(staff_client, row_id):
    assert staff_client.post(f"{LIST}{row_id}/take-down/", {"_form_submitted": "on"}).status_code == 404


def test_who_may_only_look_takes_nothing_down(colleague_client):
    story = StoryFactory()

    take_down(colleague_client, story)
    response = colleague_client.post(f"{LIST}{story.pk}/take-down/", {"_form_submitted": "on"})

    assert response.status_code == 403
    assert "take-down" not in colleague_client.get(page_of(story)).content.decode()
    assert Story.objects.exists()
    assert not AuditEntry.objects.exists()
