from apps.accounts.admin import documents, leaving, passwords, people, roles, sessions, taxonomies

__all__ = ["documents", "leaving", "passwords", "people", "roles", "sessions", "taxonomies"]
