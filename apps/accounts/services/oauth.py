"""Signing in with an account elsewhere, and linking it to the one here."""

import re
import secrets
from base64 import urlsafe_b64encode
from dataclasses import asdict, dataclass
from datetime import timedelta

import orjson
from cryptography.fernet import Fernet
from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from apps.accounts.addresses import address_key
from apps.accounts.errors import (
    AccountInactive,
    AddressTaken,
    AlreadyLinked,
    LastWayIn,
    LinkedElsewhere,
    ProviderRefused,
    RedirectNotAllowed,
)
from apps.accounts.models import ExchangedCode, LinkedLogin, ProfilePlatform, Session, SpentState, User
from apps.accounts.models.users import RESERVED_NAMES
from apps.accounts.oauth.client import asking
from apps.accounts.oauth.provider import Grant, Identity
from apps.accounts.oauth.providers import provider_named
from apps.accounts.schemas import OAuthIn, ProofIn
from apps.accounts.services import passwords, sessions
from apps.accounts.services.mfa import check_second_factor
from apps.accounts.services.people import create_account, type_called
from apps.accounts.services.sessions import SignedIn, admit, sign_in
from apps.core.http.clients import Client
from apps.core.http.errors import Conflict, Invalid, NotFound
from apps.core.http.throttling import hit, refuse_spent
from apps.core.mail.outbox import queue_mail
from apps.core.reading.search import fold

KEPT = timedelta(minutes=5)
"""So long a request with a code may be sent again, with what it still lacked."""
STATE_LIVES = timedelta(minutes=10)
"""So long somebody may take at the provider."""
NOT_IN_A_NAME = re.compile(r"[^a-z0-9_-]+")
NAME_LENGTH = 40


@dataclass(frozen=True)
class Proof:
    """Who somebody is at a provider, shown by a token, or by a code that is not used yet."""

    identity: Identity
    code: ExchangedCode | None = None

    def use(self) -> None:
        if self.code and not self.code.use():
            raise ProviderRefused


def login(*, form: OAuthIn, client: Client) -> tuple[SignedIn, bool]:
    """Signed in, and whether with a new account; a second factor is asked for as with a password."""
    proof = prove(provider=form.provider, form=form, client=client)
    try:
        return enter_or_join(proof=proof, form=form, client=client)
    except (IntegrityError, AddressTaken):  # the other of two at once may have been faster
        return enter_or_join(proof=proof, form=form, client=client)


def enter_or_join(*, proof: Proof, form: OAuthIn, client: Client) -> tuple[SignedIn, bool]:
    if user := account_of(proof.identity):
        return enter(user=user, proof=proof, otp=form.otp, client=client), False
    return sign_in(user=join(proof=proof, form=form), client=client), True


# What somebody shows


def prove(*, provider: str, form: ProofIn, client: Client) -> Proof:
    """Who they are at the provider, as it says itself; what it refuses counts like a failed login."""
    refuse_spent("login_failures_per_address", client.network)
    try:
        return ask(provider, form)
    except ProviderRefused:
        hit("login_failures_per_address", client.network)
        raise


def ask(name: str, form: ProofIn) -> Proof:
    provider = provider_named(name)
    if form.code is not None:
        return exchange(name, form)
    with asking(name) as client:
        if form.id_token is not None:
            return Proof(provider.by_id_token(client, form.id_token, form.nonce))
        return Proof(provider.by_access_token(client, str(form.access_token)))


def exchange(name: str, form: ProofIn) -> Proof:
    """A provider takes a code once: what it said then is kept for a while, sealed with the request itself."""
    grant = Grant(str(form.code), str(form.redirect_uri), form.code_verifier, form.nonce)
    if grant.redirect_uri not in settings.OAUTH_REDIRECT_URIS:
        raise RedirectNotAllowed
    request = orjson.dumps([name, *asdict(grant).values()]).decode()
    key = salted_hmac("oauth request", request, algorithm="sha256").hexdigest()
    seal = Fernet(urlsafe_b64encode(salted_hmac("oauth seal", request, algorithm="sha256").digest()))
    if kept := ExchangedCode.objects.living(key).first():
        if kept.is_used:
            raise ProviderRefused
        return Proof(Identity(**orjson.loads(seal.decrypt(kept.sealed))), kept)
    with asking(name) as client:
        identity = provider_named(name).by_code(client, grant)
    sealed = seal.encrypt(orjson.dumps(asdict(identity))).decode()
    kept, _ = ExchangedCode.objects.update_or_create(
        pk=key, defaults={"sealed": sealed, "is_used": False, "expires_at": timezone.now() + KEPT}
    )
    return Proof(identity, kept)


def spend_state(state: str) -> bool:
    """Whether a login on the web comes back with this state for the first time."""
    digest = salted_hmac("oauth state", state, algorithm="sha256").hexdigest()
    return SpentState.objects.spend(digest, until=timezone.now() + STATE_LIVES)


# Whose account it is


def account_of(identity: Identity) -> User | None:
    """The account that signs in with it, or else the one whose address it is, if the provider has verified it."""
    if linked := LinkedLogin.objects.with_subject(identity.provider, identity.subject):
        return linked.user
    if not identity.email_verified:
        return None
    user = User.objects.with_login(identity.email).select_related("user_type").first()
    if user and user.linked_logins.filter(provider=identity.provider).exists():
        raise AddressTaken  # the address has passed on to somebody else there
    return user


def enter(*, user: User, proof: Proof, otp: str | None, client: Client) -> SignedIn:
    check_second_factor(user=user, otp=otp, client=client)
    if user.is_kept_away:
        raise AccountInactive
    return admit(user=claim(user=user, proof=proof), client=client)


@transaction.atomic
def claim(*, user: User, proof: Proof) -> User:
    """Their account, in which they sign in with this from now on.

    Until somebody shows whose its address is, it may be anybody's who typed it: they are out then.
    """
    proof.use()
    user = locked(user)
    if LinkedLogin.objects.with_subject(proof.identity.provider, proof.identity.subject) is None:
        if address_key(user.email) != address_key(proof.identity.email):
            raise Conflict  # just now
        if not user.email_verified:
            take_over(user=user)
        add_link(user, proof.identity)
    fill_platform(user, proof.identity)
    return user


def take_over(*, user: User) -> None:
    """For whoever has shown that its address is theirs; its second factor stays, as with a reset of the password."""
    user.linked_logins.all().delete()
    if not passwords.set_password(user, None):
        raise Conflict
    User.objects.filter(pk=user.pk).update(email_verified=True)
    sessions.end_all(user=user)


@transaction.atomic
def join(*, proof: Proof, form: OAuthIn) -> User:
    """A new account without a password; IntegrityError if somebody takes its name or address at this moment."""
    identity = proof.identity
    email = identity.email if identity.email_verified else form.email or identity.email
    missing = {"role": form.role is None, "email": not email}
    if any(missing.values()):
        raise Invalid({name: ["This field is required."] for name, is_missing in missing.items() if is_missing})
    user_type = type_called("role", str(form.role))
    if User.objects.with_login(email).exists():
        raise AddressTaken
    proof.use()
    user = create_account(
        user_type=user_type,
        username=free_username(identity),
        email=email,
        password=None,
        email_verified=identity.email_verified,
        first_name=identity.first_name,
        last_name=identity.last_name,
        country=form.country,
    )
    LinkedLogin.objects.create(user=user, provider=identity.provider, subject=identity.subject)
    fill_platform(user, identity)
    return user


def free_username(identity: Identity) -> str:
    """Made of what they are called there, never of their address, since everybody sees it."""
    told = identity.handle or f"{identity.first_name} {identity.last_name}"
    name = NOT_IN_A_NAME.sub(".", fold(told))[:NAME_LENGTH].strip(".")
    if len(name) < 3 or name in RESERVED_NAMES:
        name = "member"
    return f"{name}.{secrets.randbelow(10**6):06}" if User.objects.has_username(name) else name


def fill_platform(user: User, identity: Identity) -> None:
    """What an account elsewhere says of its reach is worth more than what people say."""
    if identity.provider == LinkedLogin.Provider.INSTAGRAM:
        ProfilePlatform.objects.update_or_create(
            profile=user.profile,
            platform=identity.provider,
            defaults={"handle": identity.handle, "followers": identity.followers, "source": "provider"},
        )


# Linking


def link(*, session: Session, provider: str, form: ProofIn, client: Client) -> LinkedLogin:
    """Sign in with this too from now on; they are told by mail. Linked already it stays so."""
    proof = prove(provider=provider, form=form, client=client)
    identity = proof.identity
    with transaction.atomic():
        proof.use()
        user = locked(session.user)
        linked = LinkedLogin.objects.with_subject(identity.provider, identity.subject)
        if linked and linked.user_id != user.pk:
            raise LinkedElsewhere
        fill_platform(user, identity)
        return linked or add_link(user, identity)


def add_link(user: User, identity: Identity) -> LinkedLogin:
    if user.linked_logins.filter(provider=identity.provider).exists():
        raise AlreadyLinked
    try:
        with transaction.atomic():
            linked = user.linked_logins.create(provider=identity.provider, subject=identity.subject)
    except IntegrityError as error:  # another account, just now
        raise LinkedElsewhere from error
    queue_mail(kind="login_linked", user=user)
    return linked


@transaction.atomic
def unlink(*, user: User, provider: str) -> None:
    """Not the last way in."""
    user = locked(user)  # two devices may unlink two of them at once
    linked = user.linked_logins.filter(provider=provider)
    if not linked.exists():
        raise NotFound
    if not user.has_usable_password() and user.linked_logins.count() == 1:
        raise LastWayIn
    linked.delete()


def locked(user: User) -> User:
    """As it is now, and nobody else's until the transaction ends."""
    rows = User.objects.select_for_update(no_key=True, of=("self",)).select_related("user_type", "profile")
    return rows.get(pk=user.pk)
