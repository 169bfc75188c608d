from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """Argon2id as OWASP recommends it: Django's own parameters take 100 MB for every login under way."""

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
