"""Idempotency-Key: a repeated POST gets the first answer again and creates nothing."""

import functools
import hashlib
import math
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models import Model
from django.http import HttpRequest
from django.utils import timezone
from ninja.responses import Status
from pydantic import BaseModel, TypeAdapter

from apps.core.audit import name_of
from apps.core.http.auth import SignedInRequest
from apps.core.http.errors import Conflict, Invalid, Throttled
from apps.core.http.links import dump_stored, file_url_fields, with_file_urls
from apps.core.http.schemas import Answer, ok
from apps.core.media.storing import all_discarded_on_failure
from apps.core.media.uploads import accept_files
from apps.core.models import KEY_LIFETIME, IdempotencyKey

TAKE_OVER_AFTER = timedelta(seconds=60)
MAX_LENGTH = 255
MAX_ANSWER_BYTES = 64 * 1024

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
    file_urls = file_url_fields(reply)

    @functools.wraps(handler)
    def answer_once(request: SignedInRequest, **values: Any) -> Status[Any]:
        key = request.headers.get("Idempotency-Key")
        if not key:
            return handler(request, **values)
        row = claim(request.user.pk, key, fingerprint(request.path_info, values))
        if row.answer is not None:
            known = with_file_urls(row.answer, file_urls, request.user.pk)
            return Status(row.status, adapter.validate_python(known, by_alias=False, by_name=True))
        try:
            for form in values.values():
                if isinstance(form, BaseModel):
                    accept_files(form, by=request.user)  # before the transaction: a picture takes its time
            # The answer commits with the work: a crash leaves both or neither.
            with all_discarded_on_failure(), transaction.atomic():
                status = handler(request, **values)
                answer = adapter.validate_python(status.value)
                refuse_too_long(answer)
                remember(row, status.status_code, answer, about=getattr(request, "created_row", ""))
        except BaseException:
            IdempotencyKey.objects.filter(pk=row.pk, claimed_at=row.claimed_at, answer__isnull=True).delete()
            raise
        return Status(status.status_code, answer)

    return answer_once


def created(request: HttpRequest, row: Model, item: Any, message: str) -> Status[Answer]:
    """The answer of an operation that made `row`, shown as `item`; see `change_answers`."""
    request.created_row = name_of(row)  # type: ignore[attr-defined]  # for `once`
    return Status(201, ok(item, message))


def claim(user_id: int, key: str, print_: str) -> IdempotencyKey:
    """The row of this key: newly ours to answer, or with the answer it already has."""
    if len(key) > MAX_LENGTH:
        raise Invalid({"Idempotency-Key": [f"Ensure this field has no more than {MAX_LENGTH} characters."]})
    IdempotencyKey.objects.expired().filter(user_id=user_id, key=key).delete()
    now = timezone.now()
    try:
        with transaction.atomic():
            row = IdempotencyKey.objects.create(user_id=user_id, key=key, fingerprint=print_, claimed_at=now)
            refuse_too_many(user_id)
            return row
    except IntegrityError:
        known = IdempotencyKey.objects.filter(user_id=user_id, key=key).first()
    if known is None:  # released just now
        raise InProgress
    return claim_again(known, print_)


def refuse_too_many(user_id: int) -> None:
    """To be called in the transaction that makes a key: the person may try again when the oldest of theirs expires."""
    living = IdempotencyKey.objects.living().filter(user_id=user_id)
    if settings.THROTTLES and living.count() > settings.IDEMPOTENCY_KEYS:
        left = living.earliest("created_at").created_at + KEY_LIFETIME - timezone.now()
        raise Throttled(max(math.ceil(left.total_seconds()), 1))


def claim_again(row: IdempotencyKey, print_: str) -> IdempotencyKey:
    """A key that is known: with its answer, or ours to answer because whoever claimed it before has crashed."""
    if row.fingerprint != print_:
        raise KeyReused
    if row.answer is None:
        now = timezone.now()
        stale = IdempotencyKey.objects.filter(
            pk=row.pk, answer__isnull=True, claimed_at=row.claimed_at, claimed_at__lt=now - TAKE_OVER_AFTER
        )
        if not stale.update(claimed_at=now):
            raise InProgress
        row.claimed_at = now
    return row


def refuse_too_long(answer: BaseModel) -> None:
    """For who builds an operation: what repeats an answer has to be able to keep it."""
    if (length := len(answer.model_dump_json().encode())) > MAX_ANSWER_BYTES:
        raise ValueError(f"An answer of {length} bytes is too long to be kept for an Idempotency-Key.")


def remember(row: IdempotencyKey, status: int, answer: BaseModel, *, about: str) -> None:
    mine = IdempotencyKey.objects.filter(pk=row.pk, claimed_at=row.claimed_at)
    if not mine.update(status=status, answer=dump_stored(answer), about=about):
        raise InProgress  # somebody took over: undo this work, theirs counts


@transaction.atomic
def change_answers(row: Model, fields: dict[str, Any]) -> None:
    """`row` was changed or deleted: repeating the request that made it answers these `fields`, in JSON values, instead.

    Words that are gone must not come back. Status and id stay, so that a client learns that its row was made.
    """
    for key in IdempotencyKey.objects.select_for_update().filter(about=name_of(row)):
        answer: Any = key.answer
        answer["data"] |= fields
        key.save(update_fields=["answer"])


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
