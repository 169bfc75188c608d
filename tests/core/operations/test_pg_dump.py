"""`manage.py backup` where PostgreSQL's client is not installed."""

import os
import sys

import pytest

from apps.core.operations.backup import BackupError, back_up


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_client_it_says_what_to_install(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable))

    with pytest.raises(BackupError, match="pg_dump is missing: install the PostgreSQL client"):
        back_up(target=tmp_path, with_secrets=False)
    assert list(tmp_path.iterdir()) == []
