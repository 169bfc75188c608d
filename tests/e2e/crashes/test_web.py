"""What a web process that is killed leaves behind."""

import asyncio

from tests.e2e.crashes.crowd import gather
from tests.e2e.crashes.processes import kill
from tests.e2e.crashes.talk import Talk
from tests.e2e.people import joined

PEOPLE = 5


def test_a_web_process_killed_under_load_loses_nothing_it_acknowledged(parts):
    async def scenario(guests):
        async with Talk(parts, guests) as talk:
            await talk.go_on()
            kill(parts.serve())
            await asyncio.to_thread(parts.serve)
            await talk.go_on()
        return talk

    parts.serve()
    with joined(parts, "talkative", 1):
        talk = asyncio.run(scenario(gather(parts, "talkative", PEOPLE)))

    talk.assert_all_is_there_once()
    assert set(talk.statuses) == {201}
    assert [ear.streams for ear in talk.ears] == [2] * PEOPLE
