"""Signing in with an account elsewhere: out to the provider with a cookie, and back in with it."""

import hashlib
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.crypto import constant_time_compare
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods, require_safe
from pydantic import ValidationError

from apps.accounts.cookies import set_tokens
from apps.accounts.errors import OtpRequired, ProviderNotConfigured
from apps.accounts.oauth.providers import PROVIDERS, provider_named
from apps.accounts.schemas import OAuthIn
from apps.accounts.services import oauth
from apps.accounts.services.sessions import SignedIn
from apps.core.http.clients import client_address, client_of, network_of
from apps.core.http.errors import DomainError, Invalid
from apps.core.http.links import absolute
from apps.core.http.throttling import guard
from apps.web.forms import OAuthForm
from apps.web.views import limited, page, sent

COOKIE, SALT = "oauth", "oauth login"
PATH = "/oauth/"
CALLBACK = f"{PATH}callback"


@require_safe
def start(request: HttpRequest, provider: str) -> HttpResponse:
    try:
        found = provider_named(provider)
    except ProviderNotConfigured as error:
        raise Http404 from error
    state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    challenge = urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
    response = redirect(
        found.login_address(redirect_uri=absolute(CALLBACK), state=state, nonce=nonce, code_challenge=challenge)
    )
    keep(response, {"provider": provider, "state": state, "nonce": nonce, "verifier": verifier})
    return response


@sensitive_post_parameters()
@sensitive_variables("kept", "proof")
@require_http_methods(["GET", "POST"])
def callback(request: HttpRequest) -> HttpResponse:
    """Back from the provider; and, at the same address without a query, what is still missing."""
    kept = kept_in(request)
    try:
        if request.method == "GET" and request.GET:
            return arrive(request, kept)
        if "proof" in kept:
            return go_on(request, kept["proof"], kept["asks"])
    except DomainError as error:
        return refused(request, error.detail, error)
    return refused(request, "This login took too long. Please start again.")


def arrive(request: HttpRequest, kept: dict[str, Any]) -> HttpResponse:
    state = request.GET.get("state", "")
    is_ours = "state" in kept and constant_time_compare(kept["state"], state)
    guard("oauth", network_of(client_address(request)))
    if not (is_ours and oauth.spend_state(state)):
        return refused(request, "This login was not started here, or took too long. Please start again.")
    if not request.GET.get("code"):
        return refused(request, f"{PROVIDERS[kept['provider']].title} did not sign you in.")
    proof = proof_of(kept, request.GET["code"])
    try:
        return let_in(entrance(request)(OAuthIn.model_validate(proof)))
    except DomainError as error:
        asks = sorted(error.details)
        if not (isinstance(error, OtpRequired | Invalid) and OAuthForm.base_fields.keys() & asks):
            raise
    except ValidationError:
        return refused(request, "The provider sent something that is no code. Please start again.")
    # The code leaves the address bar, and the history with it.
    response = redirect(CALLBACK)
    keep(response, {"proof": proof, "asks": asks})
    return response


def proof_of(kept: dict[str, Any], code: str) -> dict[str, str]:
    """As `OAuthIn` has it."""
    proof = {"provider": kept["provider"], "code": code, "redirect_uri": absolute(CALLBACK), "nonce": kept["nonce"]}
    return proof | ({"code_verifier": kept["verifier"]} if PROVIDERS[kept["provider"]].has_pkce else {})


def go_on(request: HttpRequest, proof: dict[str, Any], asks: list[str]) -> HttpResponse:
    form = OAuthForm(sent(request), proof=proof, asks=asks)
    if request.method == "POST" and (tokens := form.carry_out(limited(request, "oauth", entrance(request)))):
        return let_in(tokens)
    return page(request, "oauth", form=form, provider=provider_named(proof["provider"]))


def entrance(request: HttpRequest) -> Callable[[OAuthIn], SignedIn]:
    return lambda form: oauth.login(form=form, client=client_of(request))[0]


def let_in(tokens: SignedIn) -> HttpResponse:
    response = redirect("web:home")
    set_tokens(response, tokens)
    return forgotten(response)


def refused(request: HttpRequest, sentence: str, error: DomainError | None = None) -> HttpResponse:
    response = page(request, "oauth_refused", sentence=sentence)
    response.status_code = error.status if error else 400
    if retry := error and error.headers.get("Retry-After"):
        response["Retry-After"] = retry
    return forgotten(response)


# The cookie: which login it is, in this browser only


def keep(response: HttpResponse, facts: dict[str, Any]) -> None:
    response.set_cookie(
        COOKIE,
        signing.dumps(facts, salt=SALT, compress=True),
        max_age=oauth.STATE_LIVES,
        path=PATH,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )


def kept_in(request: HttpRequest) -> dict[str, Any]:
    """Nothing, if it was tampered with or is too old."""
    try:
        facts: dict[str, Any] = signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=oauth.STATE_LIVES)
    except signing.BadSignature:
        return {}
    return facts


def forgotten(response: HttpResponse) -> HttpResponse:
    response.delete_cookie(COOKIE, path=PATH, samesite="Lax")
    return response
