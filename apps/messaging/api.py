"""Chat: conversations of two people."""

from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from ninja import Query
from ninja.responses import Status

from apps.core.http import files
from apps.core.http.auth import FileLink, SignedInRequest
from apps.core.http.idempotency import created
from apps.core.http.pages import LogQuery, PageQuery, log, near, page
from apps.core.http.payload import Payload
from apps.core.http.routing import FILE_ANSWER, Router, refusals, takes_files
from apps.core.http.schemas import Answer, Log, Page, Reply, ok
from apps.core.http.throttling import Throttle
from apps.core.media.kinds import SHOWN
from apps.core.reading.shapes import show, show_instance
from apps.messaging import services
from apps.messaging.errors import RoomNotFound
from apps.messaging.models import (
    Attachment,
    Conversation,
    Message,
    conversation_list,
    correspondent,
    pair_log,
    room_log,
)
from apps.messaging.schemas import (
    ATTACHMENT,
    ChatQuery,
    ConversationOut,
    EditIn,
    MessageContentIn,
    MessageIn,
    MessageOut,
    ReadIn,
    ReadOut,
    RoomIn,
    RoomOut,
    TypingIn,
)

router = Router(tags=["chat"])


@router.get("/chat", response={200: Log[MessageOut], **refusals(404)})
def list_messages(request: SignedInRequest, query: Query[ChatQuery]) -> HttpResponse:
    me = request.user
    if query.user_id is None:
        mine = near(Message.objects.near(request.viewer, query), query.before, query.after)
        return message_log(request, mine, query)
    low, high = sorted([me.pk, correspondent(request.viewer, query.user_id).one().pk])
    return message_log(request, pair_log(low, high, query.before, query.after), query)


def message_log(request: SignedInRequest, messages: Any, query: LogQuery) -> HttpResponse:
    return log(request, show(messages, MessageOut, request.viewer), query, oldest_first=True)


@router.post("/chat", throttle=Throttle("chat"), response={201: Reply[MessageOut], **refusals(403)})
@takes_files(up_to=5 * ATTACHMENT.max_bytes)
def send_message(request: SignedInRequest, data: Payload[MessageIn]) -> Status[Answer]:
    message = services.write_to(sender=request.user, receiver_id=data.receiver_id, message_in=data)
    return created(request, message, show_instance(message, MessageOut, request.viewer), "Message sent.")


@router.get("/chat/conversations", response=Page[ConversationOut])
def list_conversations(request: SignedInRequest, query: Query[PageQuery]) -> HttpResponse:
    return page(request, show(conversation_list(request.viewer), ConversationOut, request.viewer), query)


@router.post("/chat/conversations", throttle=Throttle("room"), response={201: Reply[RoomOut], **refusals(403)})
def open_room(request: SignedInRequest, data: Payload[RoomIn]) -> Status[Answer]:
    return Status(201, ok(services.open_room(by=request.user, name=data.name, participants=data.participants)))


def room(request: SignedInRequest, name: str) -> Conversation:
    rooms = Conversation.objects.visible_to(request.viewer).with_people()
    if (found := rooms.filter(name=name).first()) is None:
        raise RoomNotFound(name)
    return found


@router.get("/chat/conversations/{name}/messages", response=Log[MessageOut])
def list_room_messages(request: SignedInRequest, name: str, query: Query[LogQuery]) -> HttpResponse:
    return message_log(request, room_log(room(request, name).pk, query.before, query.after), query)


@router.post(
    "/chat/conversations/{name}/messages",
    throttle=Throttle("chat"),
    response={201: Reply[MessageOut], **refusals(403)},
)
@takes_files(up_to=5 * ATTACHMENT.max_bytes)
def send_room_message(request: SignedInRequest, name: str, data: Payload[MessageContentIn]) -> Status[Answer]:
    message = services.write_into(conversation=room(request, name), sender=request.user, message_in=data)
    return created(request, message, show_instance(message, MessageOut, request.viewer), "Message sent.")


@router.post("/chat/read", throttle=Throttle("seen"), response={200: Reply[ReadOut], **refusals(404)})
def read_messages(request: SignedInRequest, data: Payload[ReadIn]) -> Answer:
    if data.name:
        conversation: Conversation | None = room(request, data.name)
    else:
        other = correspondent(request.viewer, data.user_id or 0).one()
        conversation = Conversation.objects.pair(request.user, other).first()
    return ok({"updated": services.read(conversation=conversation, by=request.user) if conversation else 0})


@router.post("/chat/typing", throttle=Throttle("typing"), response={204: None, **refusals(403)})
def type_to(request: SignedInRequest, data: Payload[TypingIn]) -> Status[None]:
    services.type_to(sender=request.user, receiver_id=data.receiver_id)
    return Status(204, None)


@router.patch(
    "/chat/{id:message_id}",
    throttle=Throttle("chat"),
    response={200: Reply[MessageOut], **refusals(403)},
)
def edit_message(request: SignedInRequest, message_id: int, data: Payload[EditIn]) -> Answer:
    messages = Message.objects.visible_to(request.viewer).in_full()
    message = get_object_or_404(messages, pk=message_id)
    services.edit_message(message=message, by=request.user, content=data.content)
    return ok(show_instance(message, MessageOut, request.viewer), "Message updated.")


@router.delete("/chat/{id:message_id}", throttle=Throttle("chat"), response={204: None, **refusals(403)})
def delete_message(request: SignedInRequest, message_id: int) -> Status[None]:
    message = get_object_or_404(Message.objects.visible_to(request.viewer), pk=message_id)
    services.delete_message(message=message, by=request.user)
    return Status(204, None)


@router.get("/files/attachment/{id:attachment_id}", auth=FileLink("attachment"), **FILE_ANSWER)
def get_attachment_file(request: SignedInRequest, attachment_id: int) -> HttpResponseBase:
    attachments = Attachment.objects.visible_to(request.viewer).with_file().select_related("message")
    attachment = get_object_or_404(attachments, pk=attachment_id)
    kind = attachment.content_type
    return files.open_private(
        request,
        attachment.file,
        content_type=kind,
        name=attachment.name,
        download=kind not in SHOWN,
        look=services.look_at(message=attachment.message, by=request.user),
    )
