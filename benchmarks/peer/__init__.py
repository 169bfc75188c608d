"""What a team would otherwise write: the hot paths with Django REST Framework, on Infloo's own tables."""
