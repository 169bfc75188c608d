"""Who may call an operation. accounts' middleware puts `identify` on the request; this only asks it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from django.contrib.auth import get_user_model
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest
from ninja.security.base import AuthBase

from apps.core.http.errors import InvalidToken, NotAuthenticated
from apps.core.http.links import read_signature
from apps.core.reading.viewer import Viewer

if TYPE_CHECKING:
    from apps.accounts.models import User

Caller = TypeVar("Caller", bound="User | AnonymousUser")


@dataclass(frozen=True, slots=True)
class ListenerPass:
    """Who may listen, how long, and how far their log went when they were let in."""

    user_id: int
    session_id: int
    expires_at: float
    last_seq: int


class ApiRequest(HttpRequest):
    identify: "Callable[[], User | None]"
    """The caller, None without credentials; raises InvalidToken for bad ones."""

    admit: "Callable[[], ListenerPass | None]"
    """As `identify`, for the live stream: one query tells both who it is and how far their log goes."""


class SignedInRequest(HttpRequest):
    user: "User"
    viewer: Viewer


class AnyRequest(HttpRequest):
    """Of somebody who may be signed in."""

    user: "User | AnonymousUser"
    viewer: Viewer


class ListenerRequest(HttpRequest):
    listener: ListenerPass


def bearer_token(request: HttpRequest) -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def caller_is(request: HttpRequest, user: Caller) -> Caller:
    request.user, request.viewer = user, Viewer.of(user)  # type: ignore[attr-defined]  # see AnyRequest
    return user


class Bearer(AuthBase):
    openapi_type = "http"
    openapi_scheme = "bearer"


class SignedIn(Bearer):
    def __call__(self, request: ApiRequest) -> "User":  # type: ignore[override]
        user = request.identify()
        if user is None:
            raise NotAuthenticated
        return caller_is(request, user)


class Anyone(Bearer):
    """A public operation: it knows its caller if there is one, and refuses a bad token all the same."""

    def __call__(self, request: ApiRequest) -> "User | AnonymousUser":  # type: ignore[override]
        return caller_is(request, request.identify() or AnonymousUser())


class FileLink(Bearer):
    """Opens a private file: signed in, or with the `?sig=` of a link made for one viewer and one row."""

    without_link: SignedIn | Anyone = SignedIn()

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind

    def __call__(self, request: ApiRequest) -> "User | AnonymousUser":  # type: ignore[override]
        signature = request.GET.get("sig")
        if signature is None:
            return self.without_link(request)
        match = request.resolver_match
        viewer_id = read_signature(signature, self.kind, next(iter(match.kwargs.values())) if match else None)
        user: User | None = get_user_model()._default_manager.filter(pk=viewer_id, is_active=True).first()
        if user is None:
            raise InvalidToken
        return caller_is(request, user)


class OpenFileLink(FileLink):
    """The same for a kind of files of which anybody may open some."""

    without_link = Anyone()


class Listening(Bearer):
    """For the live stream, which also takes `?token=`: browsers cannot send headers with an EventSource."""

    def __call__(self, request: ApiRequest) -> ListenerPass:  # type: ignore[override]
        listener = request.admit()
        if listener is None:
            raise NotAuthenticated
        request.listener = listener  # type: ignore[attr-defined]  # see ListenerRequest
        return listener


signed_in = SignedIn()
anyone = Anyone()
listening = Listening()
