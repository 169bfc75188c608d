from apps.core.http.errors import DomainError


class Claimed(DomainError):
    """Somebody else works on it."""

    code = "claimed"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is working on it. You can take it over.")
