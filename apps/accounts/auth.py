"""Who a request comes from, and what that person may do."""

from collections.abc import Callable
from datetime import datetime

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone

from apps.accounts.cookies import ACCESS
from apps.accounts.credentials import check_credentials
from apps.accounts.models import Session, User, listening_session, living_session, permission_names
from apps.accounts.services.activity import note_active
from apps.accounts.services.mfa import check_second_factor
from apps.accounts.services.sessions import count_login, end_suspension_that_is_over, note_login
from apps.accounts.tokens import Claims, Purpose, read_token
from apps.core.http.auth import ListenerPass, SignedInRequest, bearer_token
from apps.core.http.clients import client_of
from apps.core.http.csrf import refuse_forged
from apps.core.http.errors import InvalidToken
from apps.core.reading.compiled import Rows


class SessionRequest(SignedInRequest):
    session_row: Session


def access_token(request: HttpRequest) -> str | None:
    """From the header, or else from a browser's cookie, which any page could make a browser send."""
    if (token := bearer_token(request)) is not None:
        return token
    if cookie := request.COOKIES.get(ACCESS):
        refuse_forged(request)
    return cookie or None


def current_session(request: HttpRequest) -> Session | None:
    """The living session whose access token the request carries, with its user; one query."""
    token = access_token(request)
    if token is None:
        return None
    return session_of(read_token(token, Purpose.ACCESS), living_session)


def listener_pass(request: HttpRequest) -> ListenerPass | None:
    """The same for the live stream, whose token may stand in its address; the one query tells of the log too."""
    token = request.GET.get("token") or access_token(request)
    if token is None:
        return None
    claims = read_token(token, Purpose.ACCESS)
    session = session_of(claims, listening_session)
    until = min(claims.expires_at, session.expires_at.timestamp())
    return ListenerPass(claims.user_id, session.pk, until, session.last_seq)


def session_of(claims: Claims, sessions: Callable[[int, int, datetime], Rows[Session]]) -> Session:
    session = sessions(claims.session_id, claims.user_id, timezone.now()).first()
    if session is None:
        raise InvalidToken
    note_active(claims.user_id)
    return session


class AccountBackend(ModelBackend):
    """Adds the permissions of a person's type to their own; passwords and groups work as in Django."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **kwargs: object
    ) -> User | None:
        """For the console's login page, which answers what is refused; the API's login is services.sessions."""
        if request is None or not username or password is None:
            return None
        client = client_of(request)
        user = check_credentials(name=username, password=password, client=client)
        if user is None or user.is_away:
            return None
        check_second_factor(user=user, otp=None, client=client)  # the page leads to the one for the code
        count_login(user=user, client=client)
        end_suspension_that_is_over(user=user)
        note_login(user=user, client=client)
        return user

    def get_all_permissions(self, user_obj: User | AnonymousUser, obj: Model | None = None) -> set[str]:
        """In one query; where it finds none yet, Django would ask for each way they are given."""
        kept = vars(user_obj)
        if isinstance(user_obj, User) and not user_obj.is_superuser and "_perm_cache" not in kept:
            names = permission_names(user_obj.pk, user_obj.user_type_id)
            kept["_perm_cache"] = {f"{app}.{name}" for app, name in names}
        return super().get_all_permissions(user_obj, obj)
