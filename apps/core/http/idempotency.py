"""Idempotency-Key: a repeated POST gets the first answer again and creates nothing."""

import functools
import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from ninja.responses import Status
from pydantic import BaseModel, TypeAdapter

from apps.core.http.auth import SignedInRequest
from apps.core.http.errors import Conflict, Invalid
from apps.core.http.links import sign_anew
from apps.core.media.storing import all_discarded_on_failure
from apps.core.media.uploads import accept_files
from apps.core.models import IdempotencyKey

TAKE_OVER_AFTER = timedelta(seconds=60)
MAX_LENGTH = 255

Handler = Callable[..., Status[Any]]


class KeyReused(Conflict):
    code = "idempotency_key_reused"
    detail = "This Idempotency-Key was used with another request."


class InProgress(Conflict):
    code = "idempotency_in_progress"
    detail = "The first request with this Idempotency-Key is still running."
    headers = {"Retry-After": "1"}


def once(handler: Handler, reply: Any) -> Handler:
    """`handler`, answering a known key from memory; `reply` is the schema of what it answers."""
    adapter: TypeAdapter[BaseModel] = TypeAdapter(reply)

    @functools.wraps(handler)
    def answer_once(request: SignedInRequest, **values: Any) -> Status[Any]:
        key = request.headers.get("Idempotency-Key")
        if not key:
            return handler(request, **values)
        row = claim(request.user.pk, key, fingerprint(request.path_info, values))
        if row.answer is not None:
            known = sign_anew(row.answer, request.user.pk)
            return Status(row.status, adapter.validate_python(known, by_alias=False, by_name=True))
        try:
            for form in values.values():
                if isinstance(form, BaseModel):
                    accept_files(form, by=request.user)  # before the transaction: a picture takes its time
            # The answer commits with the work: a crash leaves both or neither.
            with all_discarded_on_failure(), transaction.atomic():
                status = handler(request, **values)
                answer = adapter.validate_python(status.value)
                remember(row, status.status_code, answer)
        except BaseException:
            IdempotencyKey.objects.filter(pk=row.pk, claimed_at=row.claimed_at, answer__isnull=True).delete()
            raise
        return Status(status.status_code, answer)

    return answer_once


def claim(user_id: int, key: str, print_: str) -> IdempotencyKey:
    """The row of this key: newly ours to answer, or with the answer it already has."""
    if len(key) > MAX_LENGTH:
        raise Invalid({"Idempotency-Key": [f"Ensure this field has no more than {MAX_LENGTH} characters."]})
    IdempotencyKey.objects.expired().filter(user_id=user_id, key=key).delete()
    now = timezone.now()
    try:
        with transaction.atomic():
            return IdempotencyKey.objects.create(user_id=user_id, key=key, fingerprint=print_, claimed_at=now)
    except IntegrityError:
        row = IdempotencyKey.objects.filter(user_id=user_id, key=key).first()
    if row is None:  # released just now
        raise InProgress
    if row.fingerprint != print_:
        raise KeyReused
    if row.answer is None:
        stale = IdempotencyKey.objects.filter(
            pk=row.pk, answer__isnull=True, claimed_at=row.claimed_at, claimed_at__lt=now - TAKE_OVER_AFTER
        )
        if not stale.update(claimed_at=now):
            raise InProgress
        row.claimed_at = now
    return row


def remember(row: IdempotencyKey, status: int, answer: BaseModel) -> None:
    mine = IdempotencyKey.objects.filter(pk=row.pk, claimed_at=row.claimed_at)
    if not mine.update(status=status, answer=answer.model_dump(mode="json")):
        raise InProgress  # somebody took over: undo this work, theirs counts


def fingerprint(path: str, values: dict[str, Any]) -> str:
    """Equal for equal parsed fields and equal files."""
    content = orjson.dumps([path, values], default=plain, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(content).hexdigest()


def plain(value: object) -> object:
    if isinstance(value, BaseModel):
        return dict(value)
    if isinstance(value, UploadedFile):
        digest = hashlib.sha256()
        for chunk in value.chunks():
            digest.update(chunk)
        value.seek(0)
        return digest.hexdigest()
    return str(value)
