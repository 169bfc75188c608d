"""A fake of all five providers, which speaks HTTP at one address: `<address>/google`, `<address>/github` and so on.

It is as strict as they are: codes work once, for their app, address and verifier; tokens only with what they are for.
"""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

NAMES = ("google", "github", "facebook", "instagram", "tiktok")
Answer = tuple[int, Any]
BAD_CODE: Answer = 400, {"error": "invalid_grant"}
BAD_TOKEN: Answer = 401, {"error": "invalid_token"}


@cache
def private_key(owner: str) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Person:
    """Somebody who is signed in at the provider."""

    subject: str = "1001"
    email: str = "ann@example.com"
    is_verified: bool = True
    handle: str = "ann"
    followers: int = 50_000


@dataclass
class Code:
    asked: dict[str, str]
    """What the client asked for when it sent somebody here."""
    person: Person


@dataclass
class Providers:
    url: str
    person: Person = field(default_factory=Person)
    codes: dict[str, Code] = field(default_factory=dict)
    tokens: dict[str, tuple[str, Person]] = field(default_factory=dict)
    """The app that each access token is for, and whose it is."""
    key_id: str = "first"
    delay: float = 0
    instead: Callable[[], Answer] | None = None
    """What everything answers, if it is ill."""
    asked: list[str] = field(default_factory=list)

    def client(self, name: str) -> dict[str, Any]:
        """As OAUTH_PROVIDERS has it."""
        return {"client_ids": [f"{name}-web", f"{name}-app"], "secret": f"{name}-secret", "base_url": self.base(name)}

    def base(self, name: str) -> str:
        return f"{self.url}/{name}"

    # What people and apps get there

    def code(self, name: str, **asked: str) -> str:
        """As if somebody had come with this request, and said yes."""
        code = f"code-{secrets.token_hex(8)}"
        client_id = "client_key" if name == "tiktok" else "client_id"
        self.codes[code] = Code({client_id: f"{name}-web", **asked}, self.person)
        return code

    def token(self, client_id: str) -> str:
        token = f"token-{secrets.token_hex(8)}"
        self.tokens[token] = client_id, self.person
        return token

    def id_token(self, name: str, *, key: Any = "ours", algorithm: str = "RS256", **changes: Any) -> str:
        now = int(time.time())
        claims = {
            "iss": self.base(name),
            "aud": f"{name}-web",
            "sub": self.person.subject,
            "iat": now,
            "exp": now + 3600,
            "email": self.person.email,
            "email_verified": self.person.is_verified,
            "given_name": "Ann",
            "family_name": "Lee",
        }
        kept = {claim: value for claim, value in (claims | changes).items() if value is not None}
        key = private_key(key) if algorithm == "RS256" else key
        return jwt.encode(kept, key, algorithm=algorithm, headers={"kid": self.key_id})

    def visit(self, path: str, sent: dict[str, str]) -> Answer | None:
        """Somebody comes with a browser, and says yes at once; None for what only apps ask."""
        if sent.get("response_type") != "code":
            return None
        code = self.code(path.split("/")[1], **sent)
        return 302, f"{sent['redirect_uri']}?{urlencode({'code': code, 'state': sent['state']})}".encode()

    # What it answers

    def answer(self, path: str, sent: dict[str, str], headers: Any) -> Answer:
        _, name, *rest = path.split("/", 2)
        self.asked.append(path)
        time.sleep(self.delay)
        if self.instead:
            return self.instead()
        bearer = headers.get("Authorization", "").removeprefix("Bearer ")
        return getattr(self, name)(f"/{''.join(rest)}", sent, bearer)

    def google(self, path: str, sent: dict[str, str], bearer: str) -> Answer:
        if path == "/token":
            return self.exchange("google", sent)
        if path == "/oauth2/v3/certs":
            return 200, self.keys()
        if path == "/tokeninfo":
            app, person = self.tokens.get(sent["access_token"], ("", None))
            return (200, {"aud": app, "sub": person.subject, "email_verified": "true"}) if person else BAD_TOKEN
        assert path == "/v1/userinfo"
        person = self.owner(bearer)
        told = {"sub": person.subject, "email": person.email, "email_verified": person.is_verified}
        return 200, told | {"given_name": "Ann", "family_name": "Lee"}

    def github(self, path: str, sent: dict[str, str], bearer: str) -> Answer:
        if path == "/login/oauth/access_token":
            answer = self.exchange("github", sent)
            return answer if answer[0] == 200 else (200, {"error": "bad_verification_code"})
        if path == "/applications/github-web/token":
            assert bearer == "Basic " + base64.b64encode(b"github-web:github-secret").decode()
            app, person = self.tokens.get(sent["access_token"], ("", None))
            return (200, {"app": {"client_id": app}}) if app == "github-web" and person else (404, {"message": "No"})
        person = self.owner(bearer)
        if path == "/user":
            return 200, {"id": int(person.subject), "login": person.handle, "email": "public@example.com"}
        assert path == "/user/emails"
        other = {"email": "other@example.com", "primary": False, "verified": True}
        return 200, [other, {"email": person.email, "primary": True, "verified": person.is_verified}]

    def facebook(self, path: str, sent: dict[str, str], bearer: str) -> Answer:
        if path == "/v23.0/oauth/access_token":
            return self.exchange("facebook", sent)
        if path == "/.well-known/oauth/openid/jwks/":
            return 200, self.keys()
        if path == "/v23.0/debug_token":
            assert sent["access_token"] == "facebook-web|facebook-secret"
            app, _ = self.tokens.get(sent["input_token"], ("", None))
            return 200, {"data": {"app_id": app, "is_valid": bool(app)}}
        assert path == "/v23.0/me"
        person = self.owner(sent["access_token"])
        return 200, {"id": person.subject, "email": person.email, "first_name": "Ann", "last_name": "Lee"}

    def instagram(self, path: str, sent: dict[str, str], bearer: str) -> Answer:
        if path == "/oauth/access_token":
            status, answer = self.exchange("instagram", sent)
            return status, {"data": [answer]} if status == 200 else answer
        assert path == "/v23.0/me"
        person = self.owner(sent["access_token"])
        return 200, {"user_id": person.subject, "username": person.handle, "followers_count": person.followers}

    def tiktok(self, path: str, sent: dict[str, str], bearer: str) -> Answer:
        if path == "/v2/oauth/token/":
            return self.exchange("tiktok", sent)
        assert path == "/v2/user/info/"
        person = self.owner(bearer)
        user = {"open_id": person.subject, "display_name": person.handle}
        return 200, {"data": {"user": user}, "error": {"code": "ok", "message": ""}}

    def exchange(self, name: str, sent: dict[str, str]) -> Answer:
        code = self.codes.pop(sent["code"], None)
        client_id = "client_key" if name == "tiktok" else "client_id"
        if code is None or sent["client_secret"] != f"{name}-secret" or sent[client_id] != code.asked[client_id]:
            return BAD_CODE
        if sent["redirect_uri"] != code.asked.get("redirect_uri", sent["redirect_uri"]):
            return BAD_CODE
        if code.asked.get("code_challenge", "") != challenge_of(sent.get("code_verifier")):
            return BAD_CODE
        self.person = code.person
        answer: dict[str, Any] = {"access_token": self.token(f"{name}-web"), "token_type": "bearer"}
        if name == "google":
            answer["id_token"] = self.id_token(name, nonce=code.asked.get("nonce"))
        return 200, answer

    def owner(self, token: str) -> Person:
        return self.tokens[token][1]

    def keys(self) -> Any:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(private_key("ours").public_key()))
        return {"keys": [public | {"kid": self.key_id, "use": "sig", "alg": "RS256"}]}


def challenge_of(verifier: str | None) -> str:
    if verifier is None:
        return ""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


@contextmanager
def running_providers(port: int = 0) -> Iterator[Providers]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.reply(dict(parse_qsl(urlsplit(self.path).query)))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            is_json = self.headers.get("Content-Type") == "application/json"
            self.reply(json.loads(body) if is_json else dict(parse_qsl(body)))

        def reply(self, sent: dict[str, str]) -> None:
            path = urlsplit(self.path).path
            status, answer = providers.visit(path, sent) or providers.answer(path, sent, self.headers)
            content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", content.decode())
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    providers = Providers(f"http://127.0.0.1:{server.server_port}")
    Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    try:
        yield providers
    finally:
        server.shutdown()
        server.server_close()
