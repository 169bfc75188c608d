from apps.accounts.admin import documents, passwords, people, sessions, taxonomies

__all__ = ["documents", "passwords", "people", "sessions", "taxonomies"]
