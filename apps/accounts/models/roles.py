from collections.abc import Iterable
from typing import Any, Self

from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Count, Q


class StaffRoleQuerySet(models.QuerySet["StaffRole"]):
    def with_members(self) -> Self:
        """Each with `members`: how many people are in it."""
        return self.annotate(members=Count("user", distinct=True))

    def with_power(self) -> Self:
        """With what it takes to say what they may, and about whom."""
        return self.prefetch_related("permissions__content_type", "user_types")


class StaffRole(Group):
    """A group of Django's, for people who work in the console: what it may is the permissions of the group."""

    group = models.OneToOneField(Group, on_delete=models.CASCADE, parent_link=True, related_name="staff_role")
    slug = models.SlugField(blank=True, editable=False, help_text="By which the seeds know it.")
    description = models.CharField(max_length=200, blank=True)
    is_protected = models.BooleanField(
        default=False, editable=False, help_text="It cannot be deleted, nor left without any permission."
    )
    user_types = models.ManyToManyField(
        "accounts.UserType",
        blank=True,
        related_name="staff_roles",
        verbose_name="limited to",
        help_text="Only people of these types, and their documents, are shown to it; of all types if none is chosen.",
    )

    objects = StaffRoleQuerySet.as_manager()  # type: ignore[assignment, misc]  # Django's knows no names of ours

    class Meta:
        verbose_name = "group"
        ordering = ["name"]
        permissions = [("assign_staffrole", "Can give groups to staff")]
        constraints = [
            models.UniqueConstraint(fields=["slug"], condition=~Q(slug=""), name="one_staff_role_per_slug"),
        ]

    def permission_names(self) -> set[str]:
        return names_of(self.permissions.all())


def names_of(permissions: Iterable[Any]) -> set[str]:
    """As `has_perm` takes them; their content types should be at hand."""
    return {f"{row.content_type.app_label}.{row.codename}" for row in permissions}
