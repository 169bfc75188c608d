"""Being away."""

from django.http import HttpRequest

from apps.accounts.auth import SessionRequest
from apps.accounts.schemas import LoginOut
from apps.accounts.services import people
from apps.core.auth import anyone
from apps.core.clients import client_of
from apps.core.payload import Payload
from apps.core.routing import Router, refusals
from apps.core.schemas import Answer, Reply, ok
from apps.moderation import services
from apps.moderation.schemas import DeactivateIn, ReactivateIn

router = Router(tags=["users"])


@router.patch("/users/deactivate", response={200: Reply[None], **refusals(429)})
def deactivate(request: SessionRequest, data: Payload[DeactivateIn]) -> Answer:
    services.deactivate(session=request.session_row, password=data.password, client=client_of(request))
    return ok(None, f"User {request.user.username} deactivated successfully")


@router.put("/users/deactivate", response={200: Reply[None], **refusals(429)})
def put_deactivate(request: SessionRequest, data: Payload[DeactivateIn]) -> Answer:
    return deactivate(request, data)


@router.post("/users/reactivate", auth=anyone, response=Reply[LoginOut])
def reactivate(request: HttpRequest, data: Payload[ReactivateIn]) -> Answer:
    return ok(people.reactivate(token=data.token, client=client_of(request)), "Login successful.")
