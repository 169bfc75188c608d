from apps.accounts.admin import documents, passwords, people, sessions

__all__ = ["documents", "passwords", "people", "sessions"]
