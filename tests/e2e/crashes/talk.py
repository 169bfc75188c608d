"""People who write to each other without end, and hear each other's streams."""

import asyncio
from collections import Counter

import httpx

from tests.e2e.conftest import Installation
from tests.e2e.crashes.crowd import Guest
from tests.e2e.crashes.ears import Ear, Ears, until

REST_SECONDS = 0.03


class Talk:
    """A ring: each writes to the next. Lasts while it is entered, and is over when all have heard everything."""

    def __init__(self, installation: Installation, guests: list[Guest], speaking_at: str | None = None) -> None:
        self.installation = installation
        self.speaking_at = speaking_at or installation.url
        self.guests = guests
        self.ears = [Ear(installation, guest.token) for guest in guests]
        self.acknowledged: dict[int, str] = {}
        """What the server said that it has, by its number."""
        self.statuses: Counter[int] = Counter()
        self.is_on = True

    async def __aenter__(self) -> "Talk":
        self.listening = Ears(self.ears)
        await self.listening.__aenter__()
        self.speakers = [asyncio.create_task(self.speak(place)) for place in range(len(self.guests))]
        return self

    async def __aexit__(self, *error: object) -> None:
        try:
            self.is_on = False
            await asyncio.gather(*self.speakers)
            if error[0] is None:
                await until(self.is_heard)
        finally:
            await self.listening.__aexit__()

    async def speak(self, place: int) -> None:
        speaker, other = self.guests[place], self.guests[(place + 1) % len(self.guests)]
        async with speaker.writing(self.speaking_at) as client:
            number = 0
            while self.is_on:
                content, number = f"{speaker.user_id} to {other.user_id}: {number}", number + 1
                await self.post(client, {"receiver_id": other.user_id, "content": content})
                await asyncio.sleep(REST_SECONDS)

    async def post(self, client: httpx.AsyncClient, message: dict[str, object]) -> None:
        """Once: who gets no answer does not know whether it arrived."""
        try:
            answer = await client.post("/api/v1/chat", json=message)
        except (httpx.NetworkError, httpx.RemoteProtocolError):  # no server; one that takes too long fails the test
            return
        self.statuses[answer.status_code] += 1
        if answer.status_code == 201:
            self.acknowledged[answer.json()["data"]["id"]] = str(message["content"])

    async def go_on(self, count: int = 40) -> None:
        """Until so many more are acknowledged."""
        before = len(self.acknowledged)
        await until(lambda: len(self.acknowledged) >= before + count)

    def is_heard(self) -> bool:
        people = ", ".join(str(guest.user_id) for guest in self.guests)
        ends = dict(self.installation.ask(f"SELECT user_id, last_seq FROM live_head WHERE user_id IN ({people})"))
        return [int(ear.place or 0) for ear in self.ears] == [ends[guest.user_id] for guest in self.guests]

    def assert_all_is_there_once(self) -> None:
        """What was acknowledged is stored and was heard by both, and nothing was stored or heard twice."""
        stored = self.installation.ask("SELECT id, content FROM messaging_message WHERE content LIKE '% to %: %'")
        assert len({content for _, content in stored}) == len(stored)
        assert self.acknowledged.items() <= dict(stored).items()
        heard: Counter[int] = Counter()
        for ear in self.ears:
            ear.assert_it_missed_nothing()
            heard.update(message["id"] for message in ear.all("message"))
        assert {heard[number] for number in self.acknowledged} == {2}
        assert max(heard.values()) == 2
