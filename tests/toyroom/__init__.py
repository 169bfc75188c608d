"""A room that declares what it brings, for tests/core/test_declarations.py; it has no tables of its own."""
