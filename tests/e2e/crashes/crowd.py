"""People by the thousand, and what became of them."""

import time
from contextlib import closing
from dataclasses import dataclass

import httpx

from apps.accounts.tokens import Claims, Purpose, make_token, new_token_id
from tests.e2e.conftest import Installation
from tests.e2e.people import data_of, told

EVENT = {"date": "2099-06-01T18:00:00Z", "location": "New York, NY"}
HOUR = 3600
ANSWER_SECONDS = 10
TOLD_SECONDS = 120


@dataclass(frozen=True)
class Guest:
    user_id: int
    session_id: int

    @property
    def token(self) -> str:
        """For an installation that takes the tokens of the test process."""
        return make_token(Purpose.ACCESS, Claims(self.user_id, self.session_id, new_token_id(), time.time() + HOUR))

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def writing(self, url: str) -> httpx.AsyncClient:
        """Whoever gets no answer in ten seconds fails their test."""
        return httpx.AsyncClient(base_url=url, headers=self.headers, timeout=ANSWER_SECONDS)


def gather(installation: Installation, host: str, count: int) -> list[Guest]:
    """So many people, connected to `host` and signed in: each like the host but in name."""
    guests = f"guest JOIN accounts_user host ON guest.username LIKE '{host}_%' AND host.username = '{host}'"
    names = {"username": f"'{host}' || n", "email": f"'{host}' || n || '@example.com'"}
    with closing(installation.connect()) as database:

        def copied(table: str, **own: str) -> tuple[str, str]:
            """Its columns, and what stands in them for a guest, if `own` does not say otherwise."""
            names = [column[0] for column in database.execute(f"SELECT * FROM {table}").description or ()]
            names.remove("id")
            return ", ".join(names), ", ".join(own.get(name, f"{table}.{name}") for name in names)

        columns, values = copied("accounts_user", **names)
        database.execute(f"""
            WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})
            INSERT INTO accounts_user ({columns}) SELECT {values} FROM accounts_user, numbers WHERE username = '{host}'
        """)
        columns, values = copied("accounts_profile", user_id="guest.id")
        database.execute(f"""
            INSERT INTO accounts_profile ({columns})
            SELECT {values} FROM accounts_user {guests} JOIN accounts_profile ON accounts_profile.user_id = host.id
        """)
        database.execute(f"""
            INSERT INTO social_connection (sender_id, receiver_id, status, created_at, updated_at)
            SELECT guest.id, host.id, 'accepted', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP FROM accounts_user {guests}
        """)
        database.execute(f"""
            INSERT INTO accounts_session (user_id, refresh_id, user_agent, created_at, last_used_at, expires_at)
            SELECT guest.id, '', '', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP, '2099-01-01' FROM accounts_user {guests}
        """)
        rows = database.execute(f"""
            SELECT guest.id, session.id FROM accounts_user {guests}
            JOIN accounts_session session ON session.user_id = guest.id ORDER BY guest.id
        """)
        return [Guest(*row) for row in rows]


def post_event(host: httpx.Client, title: str) -> int:
    number: int = data_of(host.post("/api/v1/events", json=EVENT | {"title": title}), 201)["id"]
    return number


def count_told(installation: Installation, event: int) -> int:
    """Nobody has been told of it twice, and whoever has was told of it live too, once."""
    [(count, people, fewest, most)] = installation.ask(f"""
        SELECT count(*), count(DISTINCT receiver_id), coalesce(min(entries), 1), coalesce(max(entries), 1) FROM (
            SELECT receiver_id,
                (SELECT count(*) FROM live_entry WHERE head_id = receiver_id AND object_id = told.id) AS entries
            FROM notifications_notification told WHERE redirect_kind = 'event' AND redirect_id = {event}
        ) each_of_them
    """)
    assert (people, fewest, most) == (count, 1, 1)
    return int(count)


def wait_until_told(installation: Installation, event: int) -> None:
    deadline = time.monotonic() + TOLD_SECONDS
    while installation.ask(f"SELECT 1 FROM notifications_fanout WHERE redirect_id = {event} AND finished_at IS NULL"):
        assert time.monotonic() < deadline, f"only {count_told(installation, event)} were told"
        time.sleep(0.1)


def assert_each_log_is_whole(installation: Installation) -> None:
    """Its entries are numbered from 1 to where it says that it ends."""
    broken = installation.ask("""
        SELECT user_id, last_seq FROM live_head LEFT JOIN live_entry ON head_id = user_id GROUP BY user_id, last_seq
        HAVING count(seq) <> last_seq OR min(seq) <> 1 OR max(seq) <> last_seq
    """)
    assert broken == []


def told_of(guest: Guest, installation: Installation, title: str) -> int:
    """How often their list of notifications tells of it."""
    with httpx.Client(base_url=installation.url, headers=guest.headers, timeout=30) as person:
        return sum(message.endswith(f": {title}") for message in told(person))
