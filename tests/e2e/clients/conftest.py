from collections.abc import Iterator

import pytest

from tests.e2e.conftest import Home
from tests.e2e.strangers import Stranger, strangers


@pytest.fixture(scope="module")
def people(request: pytest.FixtureRequest, shared_home: Home) -> Iterator[Stranger]:
    return strangers(shared_home.running(), request.module.__name__.rpartition(".")[2], 40)


@pytest.fixture
def alice(people: Iterator[Stranger]) -> Stranger:
    return next(people)


@pytest.fixture
def bob(people: Iterator[Stranger]) -> Stranger:
    return next(people)
