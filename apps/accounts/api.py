"""Accounts: joining, sessions, one's own profile, verification documents."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from ninja.responses import Status

from apps.accounts.auth import SessionRequest
from apps.accounts.cookies import REFRESH, clear_tokens, set_tokens
from apps.accounts.models import Document, Export, UserType, person
from apps.accounts.schemas import (
    AVATAR,
    DOCUMENT,
    AvatarIn,
    AvatarOut,
    BackupCodesOut,
    ChangeEmailIn,
    ChangePasswordIn,
    CookieLoginIn,
    CookieLoginOut,
    CsrfOut,
    DeleteIn,
    DeletionOut,
    DocumentIn,
    DocumentOut,
    EnrolmentOut,
    ExportOut,
    ForgotPasswordIn,
    LinkedLoginOut,
    LoginIn,
    LoginOut,
    MfaOut,
    OAuthIn,
    OtpIn,
    OwnProfileOut,
    ProfileIn,
    ProofIn,
    RefreshIn,
    RegisteredOut,
    RegisterIn,
    ResetPasswordIn,
    SessionOut,
    TokensOut,
    UploadedDocumentOut,
    UserTypeOut,
    VerifyEmailIn,
)
from apps.accounts.services import addresses, documents, exports, leaving, mfa, oauth, passwords, people, sessions
from apps.core.http import files
from apps.core.http.auth import FileLink, SignedInRequest, anyone, bearer_token
from apps.core.http.clients import client_of
from apps.core.http.csrf import give_token, refuse_forged
from apps.core.http.errors import Invalid, InvalidToken
from apps.core.http.middleware import error_response
from apps.core.http.pages import json_response
from apps.core.http.payload import Payload
from apps.core.http.routing import FILE_ANSWER, UNLIMITED, Router, refusals, takes_files
from apps.core.http.schemas import Answer, Reply, ok
from apps.core.http.throttling import SpentThrottle, Throttle
from apps.core.media.kinds import DOCUMENTS
from apps.core.reading.shapes import show, show_instance

router = Router(tags=["users"])


@router.get("/user-types", auth=anyone, response=Reply[list[UserTypeOut]])
def list_user_types(request: HttpRequest) -> Answer:
    return ok(UserType.objects.open_to_all(), "User types retrieved successfully.")


@router.post("/users/auth/register", auth=None, throttle=Throttle("register"), response={201: Reply[RegisteredOut]})
def register(request: HttpRequest, data: Payload[RegisterIn]) -> Status[Answer]:
    return Status(201, ok(people.register(form=data), "Registration successful."))


@router.post(
    "/users/auth/login",
    auth=None,
    throttle=SpentThrottle("login_failures_per_address"),
    response={200: Reply[LoginOut], **refusals(401, 403)},
)
def login(request: HttpRequest, data: Payload[LoginIn]) -> Answer:
    signed_in = sessions.login(name=data.username, password=data.password, otp=data.otp, client=client_of(request))
    return ok(signed_in, "Login successful.")


@router.post(
    "/users/auth/refresh",
    auth=None,
    throttle=Throttle("refresh"),
    response={200: Reply[TokensOut], **refusals(401)},
)
def refresh(request: HttpRequest, data: Payload[RefreshIn]) -> Answer:
    token = data.refresh or bearer_token(request)
    if not token:
        raise Invalid({"refresh": ["This field is required."]})
    return ok(sessions.refresh(token=token, client=client_of(request)), "Token refreshed")


# Whoever was too busy may still leave, once with each session.
@router.post("/users/auth/logout", throttle=UNLIMITED, response=Reply[None])
def logout(request: SessionRequest, response: HttpResponse) -> Answer:
    sessions.logout(session=request.session_row)
    clear_tokens(response)
    return ok(None, "Logged out successfully")


@router.get("/users/auth/sessions", response=Reply[list[SessionOut]])
def list_sessions(request: SessionRequest) -> Answer:
    """The devices that are signed in, those that were used last first."""
    alive = request.user.sessions.alive().order_by("-last_used_at", "-pk")
    return ok(list(show(alive.seen_from(request.session_row), SessionOut)))


@router.delete("/users/auth/sessions", response={204: None})
def end_other_sessions(request: SessionRequest) -> Status[None]:
    sessions.end_others(session=request.session_row)
    return Status(204, None)


@router.delete("/users/auth/sessions/{id:session_id}", response={204: None})
def end_session(request: SessionRequest, session_id: int) -> Status[None]:
    sessions.logout(session=get_object_or_404(request.user.sessions.alive(), pk=session_id))
    return Status(204, None)


@router.get("/users/auth/csrf", auth=None, response=Reply[CsrfOut])
def get_csrf_token(request: HttpRequest, response: HttpResponse) -> Answer:
    return ok({"csrfToken": give_token(request, response)})


@router.post(
    "/users/auth/jwt/create",
    auth=None,
    throttle=SpentThrottle("login_failures_per_address"),
    response={200: Reply[CookieLoginOut], **refusals(401, 403)},
)
def login_by_cookie(request: HttpRequest, response: HttpResponse, data: Payload[CookieLoginIn]) -> Answer:
    refuse_forged(request)
    signed_in = sessions.login(name=data.email, password=data.password, otp=data.otp, client=client_of(request))
    set_tokens(response, signed_in)
    return ok({"email": signed_in.user["email"], "user_id": signed_in.user["id"]}, "Login successful")


@router.post(
    "/users/auth/jwt/refresh",
    auth=None,
    throttle=Throttle("refresh"),
    response={200: Reply[None], **refusals(401, 403)},
)
def refresh_by_cookie(request: HttpRequest, response: HttpResponse) -> Any:
    refuse_forged(request)
    try:
        token = request.COOKIES.get(REFRESH, "")
        set_tokens(response, sessions.refresh(token=token, client=client_of(request)))
    except InvalidToken as error:
        refusal = error_response(error)
        clear_tokens(refusal)
        return refusal
    return ok(None, "Token refreshed")


@router.post(
    "/users/auth/oauth",
    auth=None,
    throttle=Throttle("oauth"),
    response={200: Reply[LoginOut], 201: Reply[LoginOut], **refusals(401, 403, 409)},
)
def login_by_provider(request: HttpRequest, data: Payload[OAuthIn]) -> Status[Answer]:
    signed_in, is_new = oauth.login(form=data, client=client_of(request))
    return Status(201, ok(signed_in, "New user created")) if is_new else Status(200, ok(signed_in, "Login successful."))


@router.post("/users/auth/oauth/{provider}", throttle=Throttle("oauth"), response=Reply[LinkedLoginOut])
def link_provider(request: SessionRequest, provider: str, data: Payload[ProofIn]) -> Answer:
    session, client = request.session_row, client_of(request)
    return ok(oauth.link(session=session, provider=provider.lower(), form=data, client=client), "Login linked")


@router.delete("/users/auth/oauth/{provider}", response={204: None})
def unlink_provider(request: SignedInRequest, provider: str) -> Status[None]:
    oauth.unlink(user=request.user, provider=provider.lower())
    return Status(204, None)


@router.post("/users/auth/verify-email", auth=None, throttle=Throttle("verify"), response=Reply[None])
def verify_email(request: HttpRequest, data: Payload[VerifyEmailIn]) -> Answer:
    addresses.verify_email(token=data.token)
    return ok(None, "Email verified successfully")


@router.post("/users/auth/resend-verification", throttle=Throttle("resend"), response=Reply[None])
def resend_verification(request: SignedInRequest) -> Answer:
    addresses.resend_verification(user=request.user)
    return ok(None, "Verification email sent")


@router.post("/users/auth/forgot-password", auth=None, throttle=Throttle("forgot"), response=Reply[None])
def forgot_password(request: HttpRequest, data: Payload[ForgotPasswordIn]) -> Answer:
    passwords.forgot_password(address=data.email)
    return ok(None, "Password reset email sent")


@router.post("/users/auth/reset-password", auth=None, throttle=Throttle("reset"), response=Reply[None])
def reset_password(request: HttpRequest, data: Payload[ResetPasswordIn]) -> Answer:
    passwords.reset_password(form=data)
    return ok(None, "Password reset successful")


@router.post("/users/auth/change-password", throttle=Throttle("change_password"), response=Reply[None])
def change_password(request: SessionRequest, data: Payload[ChangePasswordIn]) -> Answer:
    passwords.change_password(
        session=request.session_row,
        current=data.current_password,
        new=data.new_password,
        client=client_of(request),
    )
    return ok(None, "Password changed successfully")


@router.post("/users/auth/change-email", throttle=Throttle("change_email"), response=Reply[None])
def change_email(request: SessionRequest, data: Payload[ChangeEmailIn]) -> Answer:
    addresses.change_email(
        session=request.session_row,
        address=data.email,
        password=data.password or "",
        client=client_of(request),
    )
    return ok(None, "Confirmation email sent")


@router.get("/users/auth/mfa", response=Reply[MfaOut])
def get_mfa(request: SignedInRequest) -> Answer:
    return ok(mfa.status(user=request.user))


@router.post("/users/auth/mfa/setup", response={200: Reply[EnrolmentOut], **refusals(400)})
def set_up_mfa(request: SignedInRequest) -> Answer:
    return ok(mfa.setup(user=request.user), "Scan the code with your authenticator app, then confirm.")


@router.post("/users/auth/mfa/confirm", response=Reply[BackupCodesOut])
def confirm_mfa(request: SignedInRequest, data: Payload[OtpIn]) -> Answer:
    codes = mfa.confirm(user=request.user, otp=data.otp, client=client_of(request))
    return ok({"backup_codes": codes}, "Two-step login is on.")


@router.post("/users/auth/mfa/codes", response=Reply[BackupCodesOut])
def renew_backup_codes(request: SignedInRequest, data: Payload[OtpIn]) -> Answer:
    codes = mfa.renew_backup_codes(user=request.user, otp=data.otp, client=client_of(request))
    return ok({"backup_codes": codes}, "The former backup codes do not work any more.")


@router.post("/users/auth/mfa/disable", response=Reply[None])
def disable_mfa(request: SignedInRequest, data: Payload[OtpIn]) -> Answer:
    mfa.disable(user=request.user, otp=data.otp, client=client_of(request))
    return ok(None, "Two-step login is off.")


@router.get("/users/profile", response=Reply[OwnProfileOut])
def get_profile(request: SignedInRequest) -> HttpResponse:
    return json_response(ok(show(person(request.user.pk), OwnProfileOut).one()))


@router.patch("/users/profile", response=Reply[OwnProfileOut])
def update_profile(request: SignedInRequest, data: Payload[ProfileIn]) -> Answer:
    people.update_profile(user=request.user, changes=data)
    return ok(show(person(request.user.pk), OwnProfileOut).one())


@router.put("/users/profile/avatar", throttle=Throttle("upload"), response=Reply[AvatarOut])
@takes_files(up_to=AVATAR.max_bytes)
def set_avatar(request: SignedInRequest, data: Payload[AvatarIn]) -> Answer:
    people.set_avatar(user=request.user, upload=data.file)
    return ok(show(person(request.user.pk), AvatarOut).one())


@router.delete("/users/profile/avatar", response={204: None})
def remove_avatar(request: SignedInRequest) -> Status[None]:
    people.remove_avatar(user=request.user)
    return Status(204, None)


@router.get("/users/verify", response=Reply[list[DocumentOut]])
def list_documents(request: SignedInRequest) -> Answer:
    return ok(list(show(request.user.documents.order_by("-pk"), DocumentOut, request.viewer)))


@router.post("/users/verify", throttle=Throttle("upload"), response={201: Reply[UploadedDocumentOut]})
@takes_files(up_to=DOCUMENT.max_bytes)
def upload_document(request: SignedInRequest, data: Payload[DocumentIn]) -> Status[Answer]:
    document = documents.upload_document(user=request.user, type=data.type, upload=data.file)
    return Status(201, ok(show_instance(document, UploadedDocumentOut), "Document uploaded successfully."))


@router.get("/files/document/{id:document_id}", auth=FileLink("document"), **FILE_ANSWER)
def get_document_file(request: SignedInRequest, document_id: int) -> HttpResponseBase:
    document = get_object_or_404(Document.objects.visible_to(request.viewer).with_file(), pk=document_id)
    return files.open_private(
        request,
        document.file,
        content_type=document.content_type,
        name=f"{document.type}-{document.pk}{DOCUMENTS[document.content_type]}",
        look=documents.look_at(document=document, by=request.user),
    )


@router.post("/users/export", throttle=Throttle("export"), response={202: Reply[ExportOut]})
def request_export(request: SignedInRequest) -> Status[Answer]:
    exports.request_export(user=request.user)
    return Status(202, get_export(request))


@router.get("/users/export", response=Reply[ExportOut])
def get_export(request: SignedInRequest) -> Answer:
    own = Export.objects.current().filter(user=request.user)
    found = show(own, ExportOut, request.viewer)[:1]
    return ok(found[0] if found else ExportOut(status="none"))


@router.get("/files/export/{id:export_id}", auth=FileLink("export"), **FILE_ANSWER)
def get_export_file(request: SignedInRequest, export_id: int) -> HttpResponseBase:
    export = get_object_or_404(Export.objects.ready().filter(user=request.user), pk=export_id)
    name = f"{request.user.username}-{export.requested_at:%Y-%m-%d}.zip"
    return files.open_private(request, export.file, content_type="application/zip", name=name, download=True)


@router.post("/users/delete", response={202: Reply[DeletionOut]})
def ask_erasure(request: SessionRequest, data: Payload[DeleteIn]) -> Status[Answer]:
    erasure = leaving.ask_erasure(session=request.session_row, password=data.password, client=client_of(request))
    return Status(202, ok(show_instance(erasure, DeletionOut)))


@router.post("/users/delete/cancel", response=Reply[None])
def cancel_erasure(request: SignedInRequest) -> Answer:
    """Again does no harm."""
    leaving.cancel_erasure(user=request.user, by=request.user)
    return ok(None)
