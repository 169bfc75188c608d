from apps.accounts.admin import documents, leaving, passwords, people, sessions, taxonomies

__all__ = ["documents", "leaving", "passwords", "people", "sessions", "taxonomies"]
