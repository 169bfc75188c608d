"""Two-step login in the console: the page that asks for the code, and the one where it is set up."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth.views import LoginView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.decorators.debug import sensitive_post_parameters
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.accounts.models import User
from apps.accounts.services import mfa
from apps.accounts.services.sessions import count_login, end_suspension_that_is_over, note_login
from apps.core.http.auth import SignedInRequest
from apps.core.http.clients import client_of
from apps.core.http.errors import DomainError, Throttled
from apps.core.site_settings import site_settings

CODE_TEMPLATE = "admin/accounts/login_code.html"


class OtpForm(forms.Form):
    otp = forms.CharField(
        label="Code",
        required=False,  # the service says so, in its own words
        widget=UnfoldAdminTextInputWidget(
            {"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false", "autofocus": ""}
        ),
    )


class CodeForm(OtpForm):
    """The second step, of whoever has the token of the first."""

    token = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.client = client_of(request)

    def clean(self) -> None:
        super().clean()
        token, otp = self.cleaned_data.get("token", ""), self.cleaned_data.get("otp")
        try:
            self.user = mfa.pass_second_step(token=token, otp=otp, client=self.client)
        except Throttled:
            raise
        except DomainError as error:
            raise ValidationError(error.detail, code=error.code) from error
        if self.user.is_away or not self.user.is_staff:
            sentence = AdminAuthenticationForm.error_messages["invalid_login"]
            raise ValidationError(sentence, code="invalid_login", params={"username": "username"})
        count_login(user=self.user, client=self.client)
        end_suspension_that_is_over(user=self.user)
        note_login(user=self.user, client=self.client)

    def get_user(self) -> User:
        return self.user


class CodeView(LoginView):
    """Where the form that `code_page` shows is sent."""

    form_class = CodeForm  # type: ignore[assignment]  # the view asks it for its user, and for nothing else
    template_name = CODE_TEMPLATE

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return redirect("admin:login")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**code_context(self.request), **kwargs)


def code_page(request: HttpRequest, token: str) -> TemplateResponse:
    """Instead of the login's own answer, where the password was right."""
    form = CodeForm(request, initial={"token": token})
    wanted = request.POST.get("next") or request.GET.get("next", "")
    return TemplateResponse(request, CODE_TEMPLATE, {**code_context(request), "form": form, "next": wanted})


def code_context(request: HttpRequest) -> dict[str, Any]:
    return {**admin.site.each_context(request), "title": "One more step"}


@sensitive_post_parameters()
def two_step_login(request: SignedInRequest) -> HttpResponseBase:
    """Setting it up, new backup codes, and switching it off; all by the services of the API."""
    codes = carry_out(request) if request.method == "POST" else []
    status = mfa.status(user=request.user)
    context = {
        **admin.site.each_context(request),
        "title": "Two-step login",
        "status": status,
        "is_required": site_settings().require_staff_mfa and not status.enabled,
        "enrolment": mfa.waiting_enrolment(user=request.user),
        "codes": codes,
        "form": OtpForm(),
    }
    return TemplateResponse(request, "admin/accounts/two_step_login.html", context)


def carry_out(request: SignedInRequest) -> list[str]:
    """What the button that was pressed is for; the backup codes that come of it."""
    user, otp, client = request.user, request.POST.get("otp", ""), client_of(request)
    try:
        match request.POST.get("action"):
            case "setup":
                mfa.setup(user=user)
            case "confirm":
                return mfa.confirm(user=user, otp=otp, client=client)
            case "codes":
                return mfa.renew_backup_codes(user=user, otp=otp, client=client)
            case "disable":
                mfa.disable(user=user, otp=otp, client=client)
                messages.success(request, "Two-step login is off.")
    except Throttled:
        raise
    except DomainError as error:
        messages.error(request, error.detail)
    return []
