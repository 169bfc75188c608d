"""The streams of pages of other sites: see tests/core/http/test_cors.py."""

from tests.client import sign_in
from tests.live.listener import aside
from tests.live.logs import greet

ALLOW = "access-control-allow-origin"


def test_a_stream_may_be_read_there(serve, alice, other_site):
    async def scenario(server):
        stream = await server.listen(alice, origin=other_site)
        elsewhere = await server.listen(alice, origin="https://evil.example")

        await aside(greet, alice)
        await stream.next("notification")

        assert (stream.status, stream.headers[ALLOW]) == (200, other_site)
        assert ALLOW not in elsewhere.headers

    serve(scenario)


def test_a_poll_that_has_waited_may_be_read_there(serve, alice, other_site):
    async def scenario(server):
        tokens = await aside(sign_in, alice)
        waiting = server.ask("/stream/poll?wait=1", token=tokens.access, origin=other_site)

        await waiting.done()

        assert (waiting.status, waiting.headers[ALLOW]) == (200, other_site)

    serve(scenario)


def test_a_refused_stream_may_be_read_there(serve, other_site):
    async def scenario(server):
        refused = server.ask("/stream", token="nonsense", origin=other_site)

        await refused.done()

        assert (refused.status, refused.headers[ALLOW]) == (401, other_site)

    serve(scenario)
