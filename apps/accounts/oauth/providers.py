"""The five, each as its own documentation says."""

from typing import Any

from django.conf import settings

from apps.accounts.errors import ProviderNotConfigured, ProviderRefused
from apps.accounts.oauth.client import ProviderClient
from apps.accounts.oauth.provider import Grant, Identity, Provider, at, text


class Google(Provider):
    name, title = "google", "Google"
    login_url = "https://accounts.google.com/o/oauth2/v2/auth"
    exchange_url = "https://oauth2.googleapis.com/token"
    keys_url = "https://www.googleapis.com/oauth2/v3/certs"
    issuers = ["https://accounts.google.com", "accounts.google.com"]
    scope = "openid email profile"

    def by_code(self, client: ProviderClient, grant: Grant) -> Identity:
        return self.by_id_token(client, text(self.exchange(client, grant), "id_token"), grant.nonce)

    def by_access_token(self, client: ProviderClient, token: str) -> Identity:
        told = client.get(self.url("https://oauth2.googleapis.com/tokeninfo"), params={"access_token": token})
        self.refuse_foreign(text(told, "aud"))
        return self.owner(client, token)

    def owner(self, client: ProviderClient, token: str) -> Identity:
        who = client.get(self.url("https://openidconnect.googleapis.com/v1/userinfo"), token=token)
        return self.identity(
            text(who, "sub"),
            email=at(who, "email"),
            email_verified=at(who, "email_verified"),
            first_name=at(who, "given_name"),
            last_name=at(who, "family_name"),
        )


class GitHub(Provider):
    name, title = "github", "GitHub"
    login_url = "https://github.com/login/oauth/authorize"
    exchange_url = "https://github.com/login/oauth/access_token"
    scope = "read:user user:email"

    def by_access_token(self, client: ProviderClient, token: str) -> Identity:
        """It answers for tokens of this app only."""
        app = self.client_ids[0]
        check = self.url(f"https://api.github.com/applications/{app}/token")
        told = client.post(check, json={"access_token": token}, auth=(app, self.secret))
        self.refuse_foreign(text(told, "app", "client_id"))
        return self.owner(client, token)

    def owner(self, client: ProviderClient, token: str) -> Identity:
        who = client.get(self.url("https://api.github.com/user"), token=token)
        emails = client.get(self.url("https://api.github.com/user/emails"), token=token)
        main = next((row for row in emails if at(row, "primary")), None)
        return self.identity(
            text(who, "id"), email=at(main, "email"), email_verified=at(main, "verified"), handle=at(who, "login")
        )


class Facebook(Provider):
    """It does not say whether it has verified an address."""

    name, title = "facebook", "Facebook"
    login_url = "https://www.facebook.com/v23.0/dialog/oauth"
    exchange_url = "https://graph.facebook.com/v23.0/oauth/access_token"
    keys_url = "https://www.facebook.com/.well-known/oauth/openid/jwks/"
    issuers = ["https://www.facebook.com"]
    scope = "email public_profile"

    def by_access_token(self, client: ProviderClient, token: str) -> Identity:
        asked = {"input_token": token, "access_token": f"{self.client_ids[0]}|{self.secret}"}
        told = client.get(self.url("https://graph.facebook.com/v23.0/debug_token"), params=asked)
        if at(told, "data", "is_valid") is not True:
            raise ProviderRefused
        self.refuse_foreign(text(told, "data", "app_id"))
        return self.owner(client, token)

    def owner(self, client: ProviderClient, token: str) -> Identity:
        asked = {"fields": "id,email,first_name,last_name", "access_token": token}
        who = client.get(self.url("https://graph.facebook.com/v23.0/me"), params=asked)
        return self.identity(
            text(who, "id"),
            email=at(who, "email"),
            first_name=at(who, "first_name"),
            last_name=at(who, "last_name"),
        )


class Instagram(Provider):
    """Of professional accounts; it knows neither addresses nor PKCE."""

    name, title = "instagram", "Instagram"
    login_url = "https://www.instagram.com/oauth/authorize"
    exchange_url = "https://api.instagram.com/oauth/access_token"
    scope = "instagram_business_basic"
    has_pkce = False

    def exchange(self, client: ProviderClient, grant: Grant) -> dict[str, Any]:
        """Its answer may be the only row of a list."""
        answer = super().exchange(client, grant)
        rows = at(answer, "data")
        return rows[0] if isinstance(rows, list) and rows else answer

    def owner(self, client: ProviderClient, token: str) -> Identity:
        asked = {"fields": "user_id,username,followers_count", "access_token": token}
        who = client.get(self.url("https://graph.instagram.com/v23.0/me"), params=asked)
        return self.identity(text(who, "user_id"), handle=text(who, "username"), followers=at(who, "followers_count"))


class TikTok(Provider):
    """It knows no addresses, and PKCE in apps only, in a form of its own."""

    name, title = "tiktok", "TikTok"
    login_url = "https://www.tiktok.com/v2/auth/authorize/"
    exchange_url = "https://open.tiktokapis.com/v2/oauth/token/"
    scope = "user.info.basic"
    has_pkce = False
    client_id_name = "client_key"

    def owner(self, client: ProviderClient, token: str) -> Identity:
        asked = {"fields": "open_id,display_name"}
        told = client.get(self.url("https://open.tiktokapis.com/v2/user/info/"), params=asked, token=token)
        who = at(told, "data", "user")
        return self.identity(text(who, "open_id"), handle=at(who, "display_name"))


PROVIDERS: dict[str, type[Provider]] = {kind.name: kind for kind in (Google, GitHub, Facebook, Instagram, TikTok)}


def configured() -> list[Provider]:
    return [PROVIDERS[name](**client) for name, client in settings.OAUTH_PROVIDERS.items()]


def provider_named(name: str) -> Provider:
    if name not in settings.OAUTH_PROVIDERS:
        raise ProviderNotConfigured
    return PROVIDERS[name](**settings.OAUTH_PROVIDERS[name])
