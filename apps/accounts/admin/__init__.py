from apps.accounts.admin import documents, people, sessions

__all__ = ["documents", "people", "sessions"]
