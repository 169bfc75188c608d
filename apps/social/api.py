"""Who knows whom, who is there to know, and what they show for a day."""

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query
from ninja.responses import Status

from apps.accounts.models import Block, User
from apps.core.http import files
from apps.core.http.auth import FileLink, SignedInRequest
from apps.core.http.idempotency import created
from apps.core.http.pages import PageQuery, json_response, page
from apps.core.http.payload import Payload
from apps.core.http.routing import FILE_ANSWER, Router, refusals, takes_files
from apps.core.http.schemas import Answer, Page, PersonOut, Reply, ok
from apps.core.http.throttling import Throttle
from apps.core.media.kinds import STORY_MEDIA
from apps.core.reading.shapes import show, show_instance
from apps.social.models import (
    Connection,
    Story,
    connection_list,
    mutual_connections,
    story_feed,
    viewer_list,
    visible_person_called,
)
from apps.social.schemas import (
    STORY_FILE,
    ActionIn,
    ActionOut,
    BlockIn,
    BlockOut,
    ConnectionOut,
    ConnectionQuery,
    FeedStoryOut,
    OwnStoryOut,
    PeopleQuery,
    PersonFoundOut,
    PublicProfileOut,
    RequestIn,
    RequestOut,
    StoryIn,
    StoryOut,
    ViewerOut,
)
from apps.social.services import connections, stories, visits

router = Router(tags=["social"])


@router.get("/users", response=Page[PersonFoundOut], tags=["users"])
def list_users(request: SignedInRequest, query: Query[PeopleQuery]) -> HttpResponse:
    wanted = query.model_dump(exclude=set(PageQuery.model_fields))
    people = User.objects.listed().visible_to(request.viewer).matching(**wanted).order_by("-pk")
    return page(request, show(people, PersonFoundOut, request.viewer), query)


@router.get("/users/profile/{username}", response=Reply[PublicProfileOut], tags=["users"])
def get_public_profile(request: SignedInRequest, username: str) -> HttpResponse:
    person = visible_person_called(request.viewer, username.lower())
    profile = show(person, PublicProfileOut, request.viewer).one()
    visits.visit_profile(person_id=profile["id"], viewer_id=request.user.pk)
    return json_response(ok(profile))


@router.get("/connections", response=Page[ConnectionOut])
def list_connections(request: SignedInRequest, query: Query[ConnectionQuery]) -> HttpResponse:
    rows = connection_list(request.viewer, query.direction, query.status)
    return page(request, show(rows, ConnectionOut, request.viewer), query)


@router.get("/connections/{id:connection_id}", response=Reply[ConnectionOut])
def get_connection(request: SignedInRequest, connection_id: int) -> Answer:
    rows = Connection.objects.visible_to(request.viewer).filter(pk=connection_id)
    return ok(show(rows, ConnectionOut, request.viewer).one())


@router.post(
    "/connections/request",
    throttle=Throttle("connect"),
    response={201: Reply[RequestOut], **refusals(404)},
)
def request_connection(request: SignedInRequest, data: Payload[RequestIn]) -> Status[Answer]:
    receiver = get_object_or_404(User.objects.visible_to(request.viewer).as_people(), pk=data.receiver_id)
    connection = connections.request_connection(sender=request.user, receiver=receiver)
    return Status(201, ok(show_instance(connection, RequestOut), "Connection request sent successfully."))


@router.patch("/connections/{id:connection_id}/action", response=Reply[ActionOut])
def answer_connection(request: SignedInRequest, connection_id: int, data: Payload[ActionIn]) -> Answer:
    received = Connection.objects.received_by(request.viewer).with_people()
    connection = get_object_or_404(received, pk=connection_id)
    connections.answer_request(connection=connection, accept=data.status == Connection.Status.ACCEPTED)
    return ok({"status": connection.status}, f"Request {connection.status} successfully.")


@router.delete("/connections/{id:connection_id}", response={204: None})
def remove_connection(request: SignedInRequest, connection_id: int) -> Status[None]:
    connection = get_object_or_404(Connection.objects.visible_to(request.viewer).removable(), pk=connection_id)
    connections.remove_connection(connection=connection)
    return Status(204, None)


@router.get("/connections/mutual/{id:user_id}", response=Page[PersonOut])
def list_mutual_connections(request: SignedInRequest, user_id: int, query: Query[PageQuery]) -> HttpResponse:
    other = get_object_or_404(User.objects.visible_to(request.viewer), pk=user_id)
    people = mutual_connections(request.viewer.id, other.pk).order_by("pk")
    return page(request, show(people, PersonOut), query)


@router.get("/blocks", response=Reply[list[BlockOut]])
def list_blocks(request: SignedInRequest) -> Answer:
    return ok(list(show(Block.objects.made_by(request.user), BlockOut)))


@router.post("/blocks", throttle=Throttle("block"), response={201: Reply[BlockOut], **refusals(404)})
def block_user(request: SignedInRequest, data: Payload[BlockIn]) -> Status[Answer]:
    person = get_object_or_404(User.objects.blockable_by(request.user.pk).as_people(), pk=data.user_id)
    block = connections.block(blocker=request.user, blocked=person)
    return Status(201, ok(show_instance(block, BlockOut), "User blocked."))


@router.delete("/blocks/{id:user_id}", throttle=Throttle("block"), response={204: None})
def unblock_user(request: SignedInRequest, user_id: int) -> Status[None]:
    connections.unblock(block=get_object_or_404(request.user.blocks_made, blocked=user_id))
    return Status(204, None)


@router.get("/stories", response=Page[FeedStoryOut])
def list_stories(request: SignedInRequest, query: Query[PageQuery]) -> HttpResponse:
    stories = story_feed(request.viewer, timezone.now())
    return page(request, show(stories, FeedStoryOut, request.viewer), query)


@router.post("/stories", throttle=Throttle("story"), response={201: Reply[StoryOut], **refusals(403)})
@takes_files(up_to=STORY_FILE.max_bytes)
def post_story(request: SignedInRequest, data: Payload[StoryIn]) -> Status[Answer]:
    story = stories.post_story(user=request.user, upload=data.content_file, caption=data.caption)
    return created(request, story, show_instance(story, StoryOut, request.viewer), "Story created successfully.")


@router.get("/stories/my_stories", response=Page[OwnStoryOut])
def list_own_stories(request: SignedInRequest, query: Query[PageQuery]) -> HttpResponse:
    return page(request, show(Story.objects.own(request.viewer), OwnStoryOut, request.viewer), query)


def visible_story(request: SignedInRequest, story_id: int) -> Story:
    return get_object_or_404(Story.objects.visible_to(request.viewer), pk=story_id)


@router.delete("/stories/{id:story_id}", response={204: None, **refusals(403)})
def delete_story(request: SignedInRequest, story_id: int) -> Status[None]:
    stories.delete_story(story=visible_story(request, story_id), by=request.user)
    return Status(204, None)


@router.post("/stories/{id:story_id}/view", throttle=Throttle("seen"), response={204: None})
def view_story(request: SignedInRequest, story_id: int) -> Status[None]:
    stories.view_story(story=visible_story(request, story_id), viewer=request.user)
    return Status(204, None)


@router.get("/stories/{id:story_id}/viewers", response=Page[ViewerOut])
def list_story_viewers(request: SignedInRequest, story_id: int, query: Query[PageQuery]) -> HttpResponse:
    story = get_object_or_404(Story.objects.own(request.viewer), pk=story_id)
    return page(request, show(viewer_list(story.pk, request.user.pk), ViewerOut), query)


@router.get("/files/story/{id:story_id}", auth=FileLink("story"), **FILE_ANSWER)
def get_story_file(request: SignedInRequest, story_id: int) -> HttpResponseBase:
    story = visible_story(request, story_id)
    return files.open_private(
        request,
        story.media,
        content_type=story.content_type,
        name=f"story-{story.pk}{STORY_MEDIA[story.content_type]}",
        look=stories.look_at(story=story, by=request.user),
    )
