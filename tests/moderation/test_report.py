from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from apps.accounts.models import Taxonomy, User
from apps.moderation.models import Case, Report, ReportFile
from apps.social.models import Story
from apps.social.services.stories import expire_stories
from tests.client import ApiClient, image_file
from tests.factories import (
    AttachmentFactory,
    ConnectionFactory,
    EventFactory,
    MessageFactory,
    ProfilePlatformFactory,
    StaffFactory,
    StoryFactory,
    UserFactory,
)
from tests.moderation.people import go_away
from tests.races import together

URL = "/reports"


@pytest.fixture
def bob(alice) -> User:
    """Whom alice reports; they are connected."""
    bob = UserFactory(username="bob", first_name="Bob", last_name="Builder")
    ConnectionFactory(sender=alice, receiver=bob, accepted=True)
    return bob


def about(row: object, **changes: object) -> dict[str, object]:
    return {"target_type": type(row).__name__.lower(), "target_id": row.pk, "reason": "spam"} | changes


def send(client: ApiClient, row: object, **changes: object):
    return client.post(URL, about(row, **changes))


MAKE = {
    "user": lambda owner, **_: owner,
    "story": lambda owner, **_: StoryFactory(user=owner),
    "event": lambda owner, **_: EventFactory(host=owner, visibility="connections"),
    "message": lambda owner, to: MessageFactory(sender=owner, receiver=to),
}


def test_it_is_received(alice, alice_client, bob):
    response = send(alice_client, bob, details=" Sends links. ")

    report = Report.objects.get()
    body = response.json()
    assert response.status_code == 201
    assert body["message"] == "Report received."
    assert body["data"] == {
        "id": report.pk,
        "target_type": "user",
        "target_id": bob.pk,
        "reason": "spam",
        "status": "open",
        "decision": None,
        "note": None,
        "decided_at": None,
        "appeal": None,
        "details": "Sends links.",
        "created_at": body["data"]["created_at"],
    }
    assert (report.reporter, report.case.target_owner, report.reason.code) == (alice, bob, "spam")


@pytest.mark.parametrize("kind", MAKE)
def test_anything_one_sees_can_be_reported(alice, alice_client, bob, kind):
    row = MAKE[kind](bob, to=alice)

    response = send(alice_client, row)

    assert response.status_code == 201
    assert (response.json()["data"]["target_type"], Case.objects.get().target_owner) == (kind, bob)


@pytest.mark.parametrize("kind", MAKE)
@pytest.mark.parametrize("why", ["unknown", "stranger", "blocked", "away"])
def test_what_one_does_not_see_does_not_exist(alice, bob, kind, why):
    row, client = MAKE[kind](bob, to=alice), ApiClient(alice)
    if why == "unknown":
        row.pk = 10**12
    elif why == "stranger":
        client = ApiClient(UserFactory())
    elif why == "blocked":
        ApiClient(bob).post("/blocks", {"user_id": alice.pk})
    else:
        go_away(bob)
    expected = 201 if (kind, why) == ("user", "stranger") else 404

    response = send(client, row)

    assert response.status_code == expected
    assert Report.objects.exists() == (expected == 201)


@pytest.mark.parametrize("kind", ["offer", "project"])
def test_offers_and_projects_are_not_there_yet(alice_client, kind):
    response = alice_client.post(URL, {"target_type": kind, "target_id": 1, "reason": "spam"})

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


def test_an_expired_story_is_gone(alice_client, bob):
    assert send(alice_client, StoryFactory(user=bob, expired=True)).status_code == 404


@pytest.mark.parametrize("kind", MAKE)
def test_nobody_reports_themselves(alice, alice_client, bob, kind):
    response = send(alice_client, MAKE[kind](alice, to=bob))

    sentence = "You cannot report yourself, or what is yours."
    assert response.status_code == 400
    assert (response.json()["code"], response.json()["details"]) == ("own_target", {"non_field_errors": [sentence]})
    assert not Report.objects.exists()


def test_a_second_one_waits_until_the_first_is_decided(alice_client, bob):
    send(alice_client, bob)

    response = send(alice_client, bob, reason="fake")

    sentence = "You have already reported this."
    assert response.status_code == 400
    assert response.json() == {
        "error": "Validation Error",
        "detail": sentence,
        "code": "already_reported",
        "status_code": 400,
        "details": {"non_field_errors": [sentence]},
    }
    assert Report.objects.count() == 1


def test_others_and_other_things_may_be_reported(alice_client, bob):
    story = StoryFactory(pk=bob.pk, user=bob)

    statuses = [send(alice_client, bob), send(alice_client, story), send(ApiClient(UserFactory()), bob)]

    assert [response.status_code for response in statuses] == [201, 201, 201]


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"target_type": "planet"}, "target_type", '"planet" is not a valid choice.'),
        ({"target_type": None}, "target_type", "This field may not be null."),
        ({"target_id": "x"}, "target_id", "A valid integer is required."),
        ({"reason": "boring"}, "reason", '"boring" is not a valid choice.'),
        ({"reason": ""}, "reason", '"" is not a valid choice.'),
        ({"reason": None}, "reason", "This field may not be null."),
        ({"details": "x" * 2001}, "details", "Ensure this field has no more than 2000 characters."),
        ({"status": "open"}, "status", "Unknown field."),
    ],
)
def test_it_says_what_is_wrong(alice_client, bob, changes, field, sentence):
    response = send(alice_client, bob, **changes)

    assert (response.status_code, response.json()["code"]) == (400, "validation_error")
    assert response.json()["details"] == {field: [sentence]}


@pytest.mark.parametrize("field", ["target_type", "target_id", "reason"])
def test_it_names_what_is_missing(alice_client, bob, field):
    body = about(bob)
    del body[field]

    assert alice_client.post(URL, body).json()["details"] == {field: ["This field is required."]}


def test_a_wrong_reason_comes_before_a_wrong_target(alice_client, alice):
    response = alice_client.post(URL, {"target_type": "user", "target_id": 10**12, "reason": "boring"})

    assert response.status_code == 400


@pytest.mark.parametrize("reason", ["spam", "abuse", "inappropriate", "fake", "other", "SPAM", " Fake "])
def test_the_reasons_are_these_in_any_case(alice_client, bob, reason):
    assert send(alice_client, bob, reason=reason).json()["data"]["reason"] == reason.strip().lower()


def test_staff_decide_which_reasons_there_are(alice_client, bob):
    Taxonomy.objects.create(type="report_reason", code="scam", value="Fraud")
    Taxonomy.objects.filter(code="spam").update(is_active=False)

    assert send(alice_client, bob, reason="spam").status_code == 400
    assert send(alice_client, bob, reason="scam").status_code == 201


@pytest.mark.usefixtures("_throttled")
def test_it_is_limited(alice_client, bob):
    statuses = [send(alice_client, story).status_code for story in StoryFactory.create_batch(31, user=bob)]

    assert statuses == [201] * 30 + [429]


def test_a_repeated_request_makes_one_report(alice_client, bob, stored_files):
    story = StoryFactory(user=bob)

    first, second = (alice_client.post(URL, about(story), idempotency_key="k") for _ in range(2))

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert Report.objects.count() == ReportFile.objects.count() == 1


# What is kept


def content_of(file: ReportFile) -> bytes:
    with file.file.open() as content:
        return content.read()


def kept(client: ApiClient, row: object) -> Case:
    assert send(client, row).status_code == 201
    return Case.objects.get()


def test_of_a_person_what_they_tell_and_their_picture(alice_client, bob):
    ApiClient(bob).put("/users/profile/avatar", form={"file": image_file()})
    ApiClient(bob).patch(
        "/users/profile",
        {"bio": "Buy now", "website": "https://spam.example", "social_links": {"x": "https://x.com/spam"}},
    )
    ProfilePlatformFactory(profile=bob.profile, platform="tiktok", handle="@spam")

    case = kept(alice_client, bob)
    ApiClient(bob).patch("/users/profile", {"bio": "Nice person"})
    ApiClient(bob).delete("/users/profile/avatar")

    case.refresh_from_db()
    assert case.snapshot == {
        "username": "bob",
        "name": "Bob Builder",
        "role": "influencer",
        "blue_tick": "no",
        "bio": "Buy now",
        "website": "https://spam.example",
        "city": "",
        "country": "",
        "social_links": ["https://x.com/spam"],
        "platforms": ["@spam on tiktok"],
    }
    file = case.files.get()
    assert (file.name, file.content_type) == ("avatar.webp", "image/webp")
    assert content_of(file).startswith(b"RIFF")


def test_of_a_story_its_caption_and_its_picture(alice_client, bob):
    story = StoryFactory(user=bob, caption="Look at this")

    case = kept(alice_client, story)

    file = case.files.get()
    assert case.snapshot["author"] == "bob"
    assert case.snapshot["caption"] == "Look at this"
    assert case.snapshot["created_at"].startswith(f"{story.created_at:%Y-%m-%dT%H:%M}")
    assert (file.name, file.content_type) == (f"story-{story.pk}.png", "image/png")
    assert content_of(file) == image_file().read()
    assert file.file.name != story.media.name


def test_of_an_event_its_words(alice_client, bob):
    event = EventFactory(host=bob, title="Free money", description="Really")

    case = kept(alice_client, event)

    words = {name: case.snapshot[name] for name in ("host", "title", "description", "location", "visibility")}
    assert words == {
        "host": "bob",
        "title": "Free money",
        "description": "Really",
        "location": "Berlin",
        "visibility": "public",
    }
    assert not case.files.exists()


def test_of_a_message_its_words_and_its_files(alice, alice_client, bob):
    message = MessageFactory(sender=bob, receiver=alice, content="Send me money")
    picture = AttachmentFactory(message=message)
    AttachmentFactory(message=message, link_only=True, link="https://spam.example/")

    case = kept(alice_client, message)
    message.delete()

    case.refresh_from_db()
    file = case.files.get()
    assert (case.snapshot["sender"], case.snapshot["receiver"]) == ("bob", "alice")
    assert case.snapshot["content"] == "Send me money"
    assert case.snapshot["attachments"] == [picture.name, "https://spam.example/"]
    assert (file.name, file.content_type) == (picture.name, picture.content_type)
    assert content_of(file)


def test_it_outlasts_the_story(alice_client, bob, stored_files, django_capture_on_commit_callbacks):
    case = kept(alice_client, StoryFactory(user=bob))

    Story.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with django_capture_on_commit_callbacks(execute=True):
        expire_stories()

    assert not Story.objects.exists()
    assert [str(path) for path in stored_files()] == [case.files.get().file.path]


def test_it_outlasts_the_account(alice, alice_client, bob):
    case = kept(alice_client, StoryFactory(user=bob))

    alice.delete()
    bob.delete()

    case.refresh_from_db()
    assert (case.reports.get().reporter, case.target_owner, case.snapshot["author"]) == (None, None, "bob")
    assert content_of(case.files.get())


def test_its_files_go_with_it(alice_client, bob, stored_files, django_capture_on_commit_callbacks):
    story = StoryFactory(user=bob)
    case = kept(alice_client, story)

    with django_capture_on_commit_callbacks(execute=True):
        case.delete()

    assert [str(path) for path in stored_files()] == [story.media.path]


def test_a_file_that_is_lost_is_no_obstacle(alice_client, bob, stored_files):
    story = StoryFactory(user=bob, caption="Look")
    stored_files()[0].unlink()

    case = kept(alice_client, story)

    assert case.snapshot["caption"] == "Look"
    assert not case.files.exists()


def test_a_refused_one_leaves_no_file(alice_client, bob, stored_files):
    story = StoryFactory(user=bob)
    send(alice_client, story)
    before = stored_files()

    send(alice_client, story)

    assert stored_files() == before


@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one(alice, bob, stored_files):
    story, client = StoryFactory(user=bob), ApiClient(alice)

    statuses = together(*[lambda: send(client, story).status_code] * 4)

    assert sorted(statuses) == [201, 400, 400, 400]
    assert Report.objects.count() == ReportFile.objects.count() == 1
    assert len(stored_files()) == 2


@pytest.mark.parametrize("kind", MAKE)
def test_its_queries_do_not_grow_with_the_reports(alice, alice_client, bob, kind):
    def queries() -> int:
        row = UserFactory() if kind == "user" else MAKE[kind](bob, to=alice)
        with CaptureQueriesContext(connection) as captured:
            assert send(alice_client, row).status_code == 201
        return len(captured)

    first = queries()
    assert [queries() for _ in range(3)] == [first] * 3


def test_a_moderator_reports_as_well(bob):
    moderator = ApiClient(StaffFactory())

    assert send(moderator, StoryFactory(user=bob)).status_code == 201
