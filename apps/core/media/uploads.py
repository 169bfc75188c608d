"""Files that people send: looked into once, and made fit to be kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from django.core.files.uploadedfile import UploadedFile
from pydantic import BaseModel

from apps.core.http.errors import DomainError
from apps.core.media import films, quota
from apps.core.media.errors import DAMAGED, FileTooLarge, refused
from apps.core.media.kinds import IN_BOXES, PICTURES, kind_of
from apps.core.media.office import NoDirectory
from apps.core.media.pictures import decoder

if TYPE_CHECKING:
    from apps.accounts.models import User

    Upload = UploadedFile[bytes]
else:
    Upload = UploadedFile

MEGABYTE = 1024 * 1024
PDF_TAIL_BYTES = 2048


@dataclass(frozen=True)
class FileRules:
    """What a field of a form takes. Stands among the annotations of that field in its schema.

    `kinds` are MIME types, each with its extension. Another type is refused with `refusal`, or as invalid. Pictures may
    have a limit of their own, and go through the decoder's `job` with `options`.
    """

    kinds: Mapping[str, str]
    max_bytes: int
    picture_bytes: int | None = None
    job: str = "fresh"
    options: Mapping[str, Any] = field(default_factory=dict)
    refusal: type[DomainError] | None = None
    makes: str = ""
    """The type of what the job makes, if it is another."""


class Accepted(NamedTuple):
    """An upload that may be kept: its MIME type, and how long a film is, where that tells."""

    kind: str
    seconds: float | None = None


def accept(upload: Upload, rules: FileRules, *, by: "User", field: str = "file") -> Accepted:
    """Look into a file that `by` sends as this `field`; afterwards it is as it may be kept.

    Pictures are encoded anew, films lose the place where they were taken, documents are known to be whole. What is
    refused counts for the person's day, too. Looking a second time into the same upload costs nothing.
    """
    accepted: Accepted | None = getattr(upload, "accepted", None)
    if accepted is None:
        quota.spend_bytes(by.pk, upload.size or 0)
        kind = identify(upload, rules, field)
        accepted = Accepted(kind, clean(upload, kind, rules, by, field))
        upload.content_type = rules.makes or kind  # storages keep it; it was what the sender said
        upload.accepted = accepted  # type: ignore[attr-defined]  # a place of our own
    upload.seek(0)
    return accepted


def accept_files(form: BaseModel, *, by: "User") -> None:
    """Accept all files of a form."""
    for name, rules in file_fields(type(form)).items():
        value = getattr(form, name)
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, UploadedFile):
                accept(item, rules, by=by, field=name)


def file_fields(shape: type[BaseModel]) -> dict[str, FileRules]:
    """The fields of a form that take files."""
    annotations = ((name, rules) for name, field in shape.model_fields.items() for rules in field.metadata)
    return {name: rules for name, rules in annotations if isinstance(rules, FileRules)}


def identify(upload: Upload, rules: FileRules, field: str) -> str:
    """The content's MIME type, if the rules take it."""
    check_size(upload, rules.max_bytes, field)
    try:
        kind = kind_of(upload)
    except NoDirectory as error:
        kind = None
        if "application/zip" in rules.kinds:
            raise refused(field, DAMAGED) from error
    if kind not in rules.kinds:
        names = ", ".join(sorted(extension.removeprefix(".").upper() for extension in rules.kinds.values()))
        sentence = f"This type of file is not accepted. Accepted are: {names}."
        raise rules.refusal(sentence) if rules.refusal else refused(field, sentence)
    if kind in PICTURES and rules.picture_bytes:
        check_size(upload, rules.picture_bytes, field)
    return str(kind)


def check_size(upload: Upload, max_bytes: int, field: str) -> None:
    size = upload.size or 0
    if size > max_bytes:
        raise FileTooLarge(max_bytes)
    if size == 0:
        raise refused(field, "The submitted file is empty.")


def clean(upload: Upload, kind: str, rules: FileRules, by: "User", field: str) -> float | None:
    """Make the upload fit to be kept, or refuse it. How many seconds a film has, where it says so."""
    if kind in PICTURES:
        quota.refuse_without_pixels(by.pk)
        reading = decoder.read(upload, kind, rules.job, **rules.options)
        quota.spend_pixels(by.pk, reading.pixels)
        if reading.refused:
            raise refused(field, reading.refused)
    elif kind in IN_BOXES:
        return clean_film(upload, field)
    elif kind == "application/pdf":
        check_pdf_end(upload, field)
    return None


def clean_film(upload: Upload, field: str) -> float | None:
    try:
        film = films.read_film(upload, upload.size or 0)
    except films.Broken as error:
        raise refused(field, DAMAGED) from error
    films.strip_places(upload, film)
    return film.seconds


def check_pdf_end(upload: Upload, field: str) -> None:
    upload.seek(max((upload.size or 0) - PDF_TAIL_BYTES, 0))
    if b"%%EOF" not in upload.read():
        raise refused(field, DAMAGED)
