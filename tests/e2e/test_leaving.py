"""A copy of what somebody has here, made by the real worker; and leaving for good."""

import time
import zipfile
from contextlib import closing
from io import BytesIO

from tests.e2e.conftest import Installation
from tests.e2e.people import PASSWORD, WORKER_SECONDS, connect, data_of, id_of, joined

ERASE = "from apps.accounts.tasks import erase_due; erase_due()"


def test_one_takes_their_data_along_and_is_erased(shared: Installation):
    with joined(shared, "leaver", 1) as leaver, joined(shared, "stayer", 2) as stayer:
        connect(stayer, leaver)
        number = id_of(leaver)
        data_of(leaver.post("/api/v1/chat", json={"receiver_id": id_of(stayer), "content": "So long"}), 201)

        assert leaver.post("/api/v1/users/export").status_code == 202
        deadline = time.monotonic() + WORKER_SECONDS
        while (export := data_of(leaver.get("/api/v1/users/export")))["status"] != "ready":
            assert time.monotonic() < deadline
            time.sleep(0.1)
        with zipfile.ZipFile(BytesIO(leaver.get(export["file_url"]).content)) as archive:
            assert "So long" in archive.read("messaging.json").decode()

        assert leaver.post("/api/v1/users/delete", json={"password": PASSWORD}).status_code == 202
        with closing(shared.connect()) as connection:  # as if the fourteen days had passed
            connection.execute(
                f"UPDATE accounts_erasure SET due_at = '2026-01-01 00:00:00+00:00' WHERE user_id = {number}"
            )
        shared.manage("shell", "-v0", "-c", ERASE)

        assert leaver.get("/api/v1/users/profile").status_code == 401
        assert stayer.get("/api/v1/users/profile/leaver").status_code == 404
        [message] = data_of(stayer.get("/api/v1/chat", params={"user_id": number}))
        assert (message["sender"]["username"], message["content"]) == ("Deleted user", "So long")
