"""How what somebody shows is received."""

from django.http import HttpResponse
from ninja import Query

from apps.core.http.auth import SignedInRequest
from apps.core.http.pages import json_response
from apps.core.http.routing import Router
from apps.core.http.schemas import Reply, ok
from apps.insights import services
from apps.insights.schemas import AnalyticsOut, AnalyticsQuery

router = Router(tags=["users"])


@router.get("/users/analytics", response=Reply[AnalyticsOut], by_alias=True)
def get_analytics(request: SignedInRequest, query: Query[AnalyticsQuery]) -> HttpResponse:
    return json_response(ok(services.analytics_of(person=request.user, days=query.days)))
