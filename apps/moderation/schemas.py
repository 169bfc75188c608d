from apps.core.schemas import In, Secret


class DeactivateIn(In):
    """An account without a password sends none, and has signed in less than 15 minutes ago."""

    password: Secret = ""


class ReactivateIn(In):
    token: Secret
