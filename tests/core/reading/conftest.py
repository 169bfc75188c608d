import pytest


@pytest.fixture(autouse=True)
def _compiled(settings) -> None:
    """These are about compilation, whatever the rest of the run does without."""
    settings.COMPILED_QUERIES = True
