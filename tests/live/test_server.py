"""The ASGI door: streams and long polls from their opening to their end."""

from tests.client import ApiClient
from tests.live.listener import aside


def say(sender, receiver, content="Hi"):
    response = ApiClient(sender).post("/chat", {"receiver_id": receiver.pk, "content": content})
    assert response.status_code == 201
    return response.json()["data"]


def test_it_tells_what_happens_while_it_is_open(serve, alice, bob):
    async def scenario(server):
        stream = await server.listen(alice)

        sent = await aside(say, bob, alice)
        message, _ = await stream.next("message"), await stream.next("notification")

        assert message.data == sent
        assert [event.id for event in stream.events] == ["1", "2"]

    serve(scenario)
