"""A new password, set by oneself or for somebody: whoever knew the old one is out."""

from functools import partial
from typing import Any

from django.contrib import admin
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path, reverse
from unfold.forms import AdminOwnPasswordChangeForm, AdminPasswordChangeForm

from apps.accounts.admin.login import log_in, with_throttled_page
from apps.accounts.admin.mfa import CodeView, two_step_login
from apps.accounts.credentials import check_credentials
from apps.accounts.models import User
from apps.accounts.services import passwords, sessions, staff
from apps.core.http.clients import Client, client_of
from apps.core.http.errors import Conflict


class PasswordForm(AdminPasswordChangeForm):
    @property
    def recorded_by_service(self) -> list[str]:
        return list(self.changed_data)

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by = by

    def save(self, commit: bool = True) -> User:
        password = self.cleaned_data["password1"] if self.cleaned_data["set_usable_password"] else None
        staff.set_password(user=self.user, password=password, by=self.by)
        user: User = self.user
        return user


class OwnPasswordForm(AdminOwnPasswordChangeForm):
    def __init__(self, *args: Any, client: Client, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.client = client

    def clean_old_password(self) -> str:
        """Guessing it has the limits that a login has."""
        old: str = self.cleaned_data["old_password"]
        name = self.user.username
        if check_credentials(name=name, password=old, client=self.client, is_signed_in=True) is None:
            raise ValidationError(self.error_messages["password_incorrect"], code="password_incorrect")
        return old

    @transaction.atomic
    def save(self, commit: bool = True) -> User:
        user: User = self.user
        if not passwords.set_password(user, self.cleaned_data["new_password1"]):
            raise Conflict
        sessions.end_all(user=user)
        return user


@with_throttled_page
def change_own_password(request: HttpRequest) -> HttpResponseBase:
    """As unfold's, which takes no form of ours."""
    page = PasswordChangeView.as_view(
        form_class=partial(OwnPasswordForm, client=client_of(request)),
        success_url=reverse("admin:password_change_done"),
        extra_context=admin.site.each_context(request),
    )
    return page(request)


def own_pages() -> list[URLPattern]:
    """Also those about how one signs in: unfold has one hook for all."""
    password_change = admin.site.admin_view(change_own_password, cacheable=True)
    mfa = admin.site.admin_view(with_throttled_page(two_step_login), cacheable=True)
    return [
        path("login/", log_in, name="login"),
        path("login/code/", with_throttled_page(CodeView.as_view()), name="login_code"),
        path("password_change/", password_change, name="password_change"),
        path("two-step-login/", mfa, name="two_step_login"),
    ]


admin.site.extra_urls = own_pages  # type: ignore[attr-defined]  # unfold's hook: before the site's own addresses
