"""The pages where mails lead, and the way in. A GET changes nothing: scanners open the links of mails."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.auth import SessionRequest
from apps.accounts.cookies import clear_tokens, set_tokens
from apps.accounts.errors import OtpRequired
from apps.accounts.oauth.providers import configured
from apps.accounts.schemas import CookieLoginIn, RegisterIn, SecondStepIn
from apps.accounts.services import addresses, passwords, people, sessions
from apps.core.http.clients import client_address, client_of, network_of
from apps.core.http.errors import BadToken, DomainError
from apps.core.http.throttling import guard
from apps.moderation import services as moderation
from apps.moderation.words import messages_of
from apps.notifications import digests
from apps.web.forms import AppealForm, CodeForm, ForgotForm, JoinForm, LoginForm, ResetForm, SchemaForm, VerifyForm

asking = require_http_methods(["GET", "HEAD", "POST"])


def sent(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def page(request: HttpRequest, name: str, **shown: Any) -> HttpResponse:
    """With the status and headers of what its form was refused for, if it was."""
    form: SchemaForm | None = shown.get("form")
    refusal = form.refusal if form else None
    response = render(request, f"web/{name}.html", shown, status=refusal.status if refusal else 200)
    for header, value in refusal.headers.items() if refusal else ():
        if header != "WWW-Authenticate":  # a browser would ask in a window of its own
            response[header] = value
    return response


def limited(request: HttpRequest, name: str, action: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """The same limit as on the API's operation."""

    def act(value: Any) -> Any:
        guard(name, network_of(client_address(request)))
        return action(value)

    return act


def signed_in(request: HttpRequest) -> Any:
    try:
        return request.identify()  # type: ignore[attr-defined]  # see accounts.middleware
    except DomainError:  # a cookie may outlive its token
        return None


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return page(request, "home", person=signed_in(request))


@sensitive_post_parameters()
@asking
def login(request: HttpRequest) -> HttpResponse:
    def act(value: CookieLoginIn) -> sessions.SignedIn:
        return sessions.login(name=value.email, password=value.password, client=client_of(request))

    form = LoginForm(sent(request))
    if request.method == "POST" and (tokens := form.carry_out(act)):
        return home_with(tokens)
    if isinstance(form.refusal, OtpRequired):
        return page(request, "login_code", form=CodeForm(initial={"token": form.refusal.token}))
    return page(request, "login", form=form, providers=configured())


@sensitive_post_parameters()
@asking
def login_code(request: HttpRequest) -> HttpResponse:
    """The second step, for whoever the first one leads here."""

    def act(value: SecondStepIn) -> sessions.SignedIn:
        return sessions.finish_login(token=value.token, otp=value.otp, client=client_of(request))

    form = CodeForm(sent(request))
    if request.method == "POST" and (tokens := form.carry_out(act)):
        return home_with(tokens)
    if request.method != "POST" or isinstance(form.refusal, BadToken):
        return redirect("web:login")
    return page(request, "login_code", form=form)


def home_with(tokens: sessions.Tokens) -> HttpResponse:
    response = redirect("web:home")
    set_tokens(response, tokens)
    return response


@require_POST
def logout(request: SessionRequest) -> HttpResponse:
    if signed_in(request):
        sessions.logout(session=request.session_row)
    response = redirect("web:home")
    clear_tokens(response)
    return response


@sensitive_post_parameters()
@asking
def join(request: HttpRequest) -> HttpResponse:
    def act(value: RegisterIn) -> sessions.Tokens:
        return sessions.open_session(user=people.register(form=value), client=client_of(request))

    form = JoinForm(sent(request))
    if request.method == "POST" and (tokens := form.carry_out(limited(request, "register", act))):
        return home_with(tokens)
    return page(request, "join", form=form, providers=configured())


@sensitive_post_parameters()
@asking
def verify_email(request: HttpRequest) -> HttpResponse:
    def act(value: Any) -> bool:
        addresses.verify_email(token=value.token)
        return True

    form = VerifyForm(sent(request), initial={"token": request.GET.get("token", "")})
    is_done = request.method == "POST" and form.carry_out(limited(request, "verify", act))
    return page(request, "verify_email", form=form, is_done=is_done)


@asking
def forgot(request: HttpRequest) -> HttpResponse:
    def act(value: Any) -> bool:
        passwords.forgot_password(address=value.email)
        return True

    form = ForgotForm(sent(request))
    is_done = request.method == "POST" and form.carry_out(limited(request, "forgot", act))
    return page(request, "forgot", form=form, is_done=is_done)


@sensitive_post_parameters()
@asking
def reset_password(request: HttpRequest) -> HttpResponse:
    def act(value: Any) -> bool:
        passwords.reset_password(form=value)
        return True

    if request.method != "POST" and not request.GET.get("token"):
        return redirect("web:forgot")
    form = ResetForm(sent(request), initial={"token": request.GET.get("token", "")})
    is_done = request.method == "POST" and form.carry_out(limited(request, "reset", act))
    return page(request, "reset_password", form=form, is_done=is_done)


@csrf_exempt  # mailboxes press the button too, and bring nothing but the token
@asking
def unsubscribe(request: HttpRequest) -> HttpResponse:
    token = request.GET.get("token", "")
    try:
        named = digests.unsubscribe(token=token) if request.method == "POST" else digests.named_in(token)
    except BadToken as refusal:
        return render(request, "web/unsubscribe.html", {"refusal": refusal}, status=refusal.status)
    return page(request, "unsubscribe", named=named, is_done=request.method == "POST")


@sensitive_post_parameters()
@asking
def appeal(request: HttpRequest) -> HttpResponse:
    """For who cannot sign in; the token is that of the mail that told of the decision."""

    def act(value: Any) -> bool:
        moderation.appeal_by_token(token=value.token, text=value.text)
        return True

    form = AppealForm(sent(request), initial={"token": request.GET.get("token", "")})
    try:
        case = moderation.case_of_token(str(form["token"].value() or ""))
    except BadToken as refusal:
        return render(request, "web/appeal.html", {"refusal": refusal}, status=refusal.status)
    is_done = request.method == "POST" and form.carry_out(limited(request, "appeal", act))
    is_made = hasattr(case, "appeal") and not form.refusal
    return page(request, "appeal", form=form, is_done=is_done, is_made=is_made, case=case, messages=messages_of(case))


@require_safe
def change_password(request: HttpRequest) -> HttpResponse:
    """Where password managers ask for the way to another password."""
    return redirect("web:forgot")
