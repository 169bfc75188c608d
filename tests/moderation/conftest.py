import pytest

from apps.core.http import throttling


@pytest.fixture
def _throttled(settings):
    settings.THROTTLES = True
    throttling.limiter().storage.reset()
