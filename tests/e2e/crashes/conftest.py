from collections.abc import Iterator

import pytest

from tests.e2e.crashes.processes import Parts


@pytest.fixture(scope="package")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Parts]:
    parts = Parts.make(tmp_path_factory.mktemp("parts"))
    yield parts
    parts.clear()
