"""Being away, and saying that something is wrong."""

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from ninja import Query
from ninja.responses import Status

from apps.accounts.auth import SessionRequest
from apps.accounts.schemas import LoginOut
from apps.accounts.services import people
from apps.core.http import files
from apps.core.http.auth import FileLink, SignedInRequest, anyone
from apps.core.http.clients import client_of
from apps.core.http.pages import PageQuery, page
from apps.core.http.payload import Payload
from apps.core.http.routing import FILE_ANSWER, Router, refusals
from apps.core.http.schemas import Answer, Page, Reply, ok
from apps.core.http.throttling import Throttle
from apps.core.media.kinds import SHOWN
from apps.core.reading.shapes import Item, show
from apps.moderation import services
from apps.moderation.models import Report, ReportFile
from apps.moderation.schemas import (
    AppealIn,
    DeactivateIn,
    ReactivateIn,
    ReceivedReportOut,
    ReportIn,
    ReportOut,
)

router = Router(tags=["social"])


@router.patch("/users/deactivate", response=Reply[None], tags=["users"])
def deactivate(request: SessionRequest, data: Payload[DeactivateIn]) -> Answer:
    services.deactivate(session=request.session_row, password=data.password, client=client_of(request))
    return ok(None, f"User {request.user.username} deactivated successfully")


@router.put("/users/deactivate", response=Reply[None], tags=["users"])
def put_deactivate(request: SessionRequest, data: Payload[DeactivateIn]) -> Answer:
    return deactivate(request, data)


@router.post("/users/reactivate", auth=anyone, response={200: Reply[LoginOut], **refusals(429)}, tags=["users"])
def reactivate(request: HttpRequest, data: Payload[ReactivateIn]) -> Answer:
    return ok(people.reactivate(token=data.token, client=client_of(request)), "Login successful.")


@router.get("/reports", response=Page[ReportOut])
def list_reports(request: SignedInRequest, query: Query[PageQuery]) -> HttpResponse:
    """One's own, the newest first."""
    reports = Report.objects.made_by(request.viewer).order_by("-pk")
    return page(request, show(reports, ReportOut, request.viewer), query)


@router.post(
    "/reports",
    operation_id="report",
    throttle=Throttle("report"),
    response={201: Reply[ReceivedReportOut], **refusals(404)},
)
def send_report(request: SignedInRequest, data: Payload[ReportIn]) -> Status[Answer]:
    report = services.report(reporter=request.user, form=data)
    return Status(201, ok(item(request, report.pk, ReceivedReportOut), "Report received."))


@router.get("/reports/{id:report_id}", response=Reply[ReportOut])
def get_report(request: SignedInRequest, report_id: int) -> Answer:
    return ok(item(request, report_id, ReportOut))


def item(request: SignedInRequest, report_id: int, shape: type[ReportOut]) -> Item:
    return show(Report.objects.visible_to(request.viewer).filter(pk=report_id), shape, request.viewer).one()


@router.post(
    "/reports/{id:report_id}/appeal",
    throttle=Throttle("appeal"),
    response={201: Reply[ReportOut], **refusals(403, 404)},
)
def appeal(request: SignedInRequest, report_id: int, data: Payload[AppealIn]) -> Status[Answer]:
    report = get_object_or_404(Report.objects.visible_to(request.viewer).select_related("case"), pk=report_id)
    services.appeal(case=report.case, person=request.user, text=data.text)
    return Status(201, ok(item(request, report_id, ReportOut), "Appeal received."))


@router.get("/files/report/{id:file_id}", auth=FileLink("report"), **FILE_ANSWER)
def get_report_file(request: SignedInRequest, file_id: int) -> HttpResponseBase:
    file = get_object_or_404(ReportFile.objects.visible_to(request.viewer).select_related("case"), pk=file_id)
    kind = file.content_type
    return files.open_private(
        request,
        file.file,
        content_type=kind,
        name=file.name,
        download=kind not in SHOWN,
        look=services.look_at(file=file, by=request.user),
    )
