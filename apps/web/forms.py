"""Forms show fields. What these may hold is said by the API's schemas, what may be done by the services."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from django import forms
from django.forms.renderers import DjangoTemplates
from pydantic import ValidationError

from apps.accounts.models import UserType
from apps.accounts.schemas import (
    CookieLoginIn,
    ForgotPasswordIn,
    OAuthIn,
    RegisterIn,
    ResetPasswordIn,
    SecondStepIn,
    VerifyEmailIn,
)
from apps.core.http.errors import DomainError
from apps.core.http.payload import invalid_from
from apps.core.http.schemas import In
from apps.moderation.schemas import AppealByTokenIn

SHOWN = {400, 401, 403, 429}
"""Refusals that the person can do something about where they are."""


class Renderer(DjangoTemplates):
    form_template_name = "web/parts/form.html"
    field_template_name = "web/parts/field.html"


class SchemaForm(forms.Form):
    """Shows what `schema` takes; what that or a service refuses stands at the fields."""

    default_renderer = Renderer
    schema: ClassVar[type[In]]
    known: dict[str, Any] = {}
    """What is not asked, and sent along."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.refusal: DomainError | None = None
        for field in self.fields.values():
            field.widget.is_required = field.required
            field.widget.attrs["required"] = field.required
            field.required = False  # the schema says so, in its own words

    def carry_out(self, action: Callable[[Any], Any]) -> Any:
        """What `action` returns, given the checked value; None where something was refused."""
        self.full_clean()
        sent = self.known | {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}
        try:
            return action(self.schema.model_validate(sent))
        except ValidationError as error:
            self.refuse(invalid_from([("", error)]))
        except DomainError as error:
            self.refuse(error)
        return None

    def refuse(self, error: DomainError) -> None:
        if error.status not in SHOWN:
            raise error
        self.refusal = error
        for name, sentences in error.details.items():
            self.add_error(name if name in self.fields else None, sentences)


def password_field(label: str, autocomplete: str) -> forms.CharField:
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, strip=False, widget=widget)


def username_field(label: str) -> forms.CharField:
    attrs = {"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}
    return forms.CharField(label=label, widget=forms.TextInput(attrs=attrs))


def email_field(autocomplete: str) -> forms.CharField:
    return forms.CharField(label="E-mail address", widget=forms.EmailInput(attrs={"autocomplete": autocomplete}))


def code_field() -> forms.CharField:
    attrs = {"autocomplete": "one-time-code", "autocapitalize": "none", "autofocus": True}
    return forms.CharField(
        label="Code of your authenticator app, or a backup code", widget=forms.TextInput(attrs=attrs)
    )


def roles() -> Iterable[tuple[str, str]]:
    return UserType.objects.open_to_all().values_list("slug", "name")


class LoginForm(SchemaForm):
    schema = CookieLoginIn
    email = username_field("E-mail address or username")
    password = password_field("Password", "current-password")


class CodeForm(SchemaForm):
    schema = SecondStepIn
    token = forms.CharField(widget=forms.HiddenInput)
    otp = code_field()


class JoinForm(SchemaForm):
    schema = RegisterIn
    username = username_field("Username")
    email = email_field("email")
    password = password_field("Password", "new-password")
    role = forms.ChoiceField(label="I am", choices=roles)


class OAuthForm(SchemaForm):
    """What a login at a provider still lacks."""

    schema = OAuthIn
    role = forms.ChoiceField(label="I am", choices=roles)
    email = email_field("email")
    otp = code_field()

    def __init__(self, *args: Any, proof: dict[str, Any], asks: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.known = proof
        for name in self.fields.keys() - set(asks):
            del self.fields[name]


class ForgotForm(SchemaForm):
    schema = ForgotPasswordIn
    email = email_field("username")


class ResetForm(SchemaForm):
    schema = ResetPasswordIn
    token = forms.CharField(widget=forms.HiddenInput)
    password = password_field("New password", "new-password")


class AppealForm(SchemaForm):
    schema = AppealByTokenIn
    token = forms.CharField(widget=forms.HiddenInput)
    text = forms.CharField(label="Why the decision is wrong", widget=forms.Textarea(attrs={"rows": 8}))


class VerifyForm(SchemaForm):
    schema = VerifyEmailIn
    token = forms.CharField(widget=forms.HiddenInput)
