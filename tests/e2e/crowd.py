"""An audience too large for one batch, and a process that tells it; for test_crashes."""

import time
from contextlib import closing

from apps.events.jobs import tell
from apps.notifications.models import FanOut
from tests.e2e.conftest import Infloo


def gather(infloo: Infloo, host: str, count: int) -> None:
    """So many people connected to `host`: each like the host but in name, since only the audience matters here."""
    with closing(infloo.connect()) as database:
        columns = [column[0] for column in database.execute("SELECT * FROM accounts_user").description or ()]
        own = {"username": "'guest' || n", "email": "'guest' || n || '@example.com'"}
        copied = [name for name in columns if name != "id"]
        database.execute(f"""
            WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})
            INSERT INTO accounts_user ({", ".join(copied)})
            SELECT {", ".join(own.get(name, name) for name in copied)}
            FROM accounts_user, numbers WHERE username = '{host}'
        """)
        database.execute(f"""
            INSERT INTO social_connection (sender_id, receiver_id, status, created_at, updated_at)
            SELECT guest.id, host.id, 'accepted', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP
            FROM accounts_user guest, accounts_user host
            WHERE guest.username LIKE 'guest%' AND host.username = '{host}'
        """)
        database.execute("ANALYZE")


def tell_as_soon_as_it_is_there(host: str) -> None:
    """Runs the job of the next event of `host`; says when it is ready to, and then when that began and ended."""
    print("ready", flush=True)
    while (fan_out := FanOut.objects.unfinished().filter(actor__username=host).first()) is None:
        time.sleep(0.005)
    began = time.monotonic()
    tell(fan_out.pk)
    print(began, time.monotonic())
