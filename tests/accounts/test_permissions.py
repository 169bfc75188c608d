"""What a person may do: the permissions of their type, of their groups and their own."""

import pytest
from django.contrib.auth.models import Group, Permission

from apps.accounts.models import User, UserType, has_permission
from apps.core.reading.viewer import Viewer
from tests.factories import UserFactory

NAME = "accounts.review_document"


@pytest.fixture
def review():
    return Permission.objects.get(content_type__app_label="accounts", codename="review_document")


def may(user):
    """As a new request sees it."""
    return User.objects.get(pk=user.pk).has_perm(NAME)


@pytest.mark.parametrize("way", ["type", "group", "person"])
def test_it_can_be_granted_in_three_ways(alice, review, way):
    before = may(alice)
    if way == "type":
        alice.user_type.permissions.add(review)
    elif way == "group":
        group = Group.objects.create(name="Reviewers")
        group.permissions.add(review)
        alice.groups.add(group)
    else:
        alice.user_permissions.add(review)

    assert (before, may(alice)) == (False, True)
    assert User.objects.filter(has_permission(Viewer.of(alice), NAME)).exists()


def test_all_are_asked_for_once(alice, django_assert_num_queries):
    alice = User.objects.get(pk=alice.pk)

    with django_assert_num_queries(1):
        assert alice.has_perm("events.join_event")
        assert not alice.has_perm(NAME)


def test_what_a_type_may_others_may_not(alice, review):
    UserType.objects.get(slug="brand").permissions.add(review)

    assert may(UserFactory(role="brand"))
    assert not may(alice)


def test_what_is_taken_from_a_type_is_gone_at_once(alice, review):
    alice.user_type.permissions.add(review)
    before = may(alice)

    alice.user_type.permissions.remove(review)

    assert (before, may(alice)) == (True, False)


def test_the_inactive_may_nothing(alice, review):
    alice.user_type.permissions.add(review)
    alice.is_active = False
    alice.save(update_fields=["is_active"])

    assert not may(alice)
