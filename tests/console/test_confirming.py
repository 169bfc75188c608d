"""What is done to chosen rows asks first, on a page of its own."""

import re

import pytest
from django.utils import timezone

from apps.core.models import AuditEntry
from tests.client import ApiClient, image_file
from tests.console.rows import path_of
from tests.factories import CaseFactory, EventFactory, MessageFactory, StoryFactory, UserFactory


def with_picture():
    user = UserFactory()
    ApiClient(user).put("/users/profile/avatar", form={"file": image_file()})
    return user


def taken_down(factory):
    return lambda: factory(removed_at=timezone.now())


ACTIONS = {
    ("take_down", "story"): StoryFactory,
    ("restore", "story"): taken_down(StoryFactory),
    ("take_down", "event"): EventFactory,
    ("restore", "event"): taken_down(EventFactory),
    ("take_down", "message"): MessageFactory,
    ("restore", "message"): taken_down(MessageFactory),
    ("remove_pictures", "person"): with_picture,
    ("dismiss", "case"): CaseFactory,
}


@pytest.mark.parametrize(
    ("action", "make"), [(name, make) for (name, _), make in ACTIONS.items()], ids=map(str, ACTIONS)
)
def test_its_page_says_what_will_happen_and_its_button_does_it(boss_client, action, make):
    row = make()
    page = path_of(type(row), "changelist")

    question = boss_client.post(page, {"action": action, "_selected_action": [row.pk]})

    html = question.content.decode()
    assert not AuditEntry.objects.exists()
    assert question.context["title"] in html
    assert question.context["sentence"] in html
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', html))
    assert boss_client.post(page, fields).status_code == 302
    assert AuditEntry.objects.count() == 1
