from ninja.responses import Status

from apps.core.http.auth import SignedInRequest
from apps.core.http.payload import Payload
from apps.core.http.routing import Router
from apps.core.http.schemas import Answer, Reply, ok
from apps.core.reading.shapes import show
from tests.toys.models import Toy
from tests.toys.schemas import ToyIn, ToyOut

router = Router(tags=["toys"])


@router.get("/toys", response=Reply[list[ToyOut]])
def list_toys(request: SignedInRequest) -> Answer:
    return ok(list(show(Toy.objects.visible_to(request.viewer).order_by("pk"), ToyOut, request.viewer)))


@router.post("/toys", response={201: Reply[ToyOut]})
def make_toy(request: SignedInRequest, data: Payload[ToyIn]) -> Status[Answer]:
    toy = Toy.objects.create(owner=request.user, name=data.name)
    return Status(201, ok(show(Toy.objects.filter(pk=toy.pk), ToyOut, request.viewer).one()))
