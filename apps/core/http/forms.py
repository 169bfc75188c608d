"""Reading forms: what breaks off or cannot be decoded is refused, where Django would leave it out or guess."""

import codecs
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from tempfile import SpooledTemporaryFile
from typing import IO, Any
from urllib.parse import parse_qsl

from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.core.files.uploadhandler import FileUploadHandler
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.utils.datastructures import MultiValueDict
from django.utils.http import parse_header_parameters
from multipart import MultipartError, MultipartSegment, ParserError, PushMultipartParser

from apps.core.media.uploads import Upload

MULTIPART, URL_ENCODED = "multipart/form-data", "application/x-www-form-urlencoded"
CHARSETS = {
    *("utf-8", "ascii", "koi8-r", "koi8-u", "shift_jis", "euc_jp", "euc_kr", "gb2312", "gbk", "gb18030", "big5"),
    *(f"iso8859-{part}" for part in (*range(1, 12), *range(13, 17))),
    *(f"cp{page}" for page in range(1250, 1259)),
}
"""Those that browsers send. Python reads others too, some of them slowly."""
CHARSET_FIELD = "_charset_"
"""In which a form may say how its other texts are encoded (RFC 7578, 4.6)."""
PIECE = 64 * 1024
MAX_HEADER_BYTES = 1024
"""Of one header of a part, as Django has it; the longest is that with a file's name."""

Text = tuple[str, bytes, str]
"""Name, content, and the charset that is said of it."""
Content = SpooledTemporaryFile[bytes]
Files = MultiValueDict[str, Upload]


UNREADABLE = "The form has characters that cannot be read: send UTF-8, or say how it is encoded."


class BadCharacters(MultiPartParserError):
    """Its sentence is for the caller."""


def read_form(request: HttpRequest) -> dict[str, list[Any]]:
    """The texts and files of a form by their names; MultiPartParserError if it cannot be read to its end."""
    values: dict[str, list[Any]] = defaultdict(list)
    if request.content_type == URL_ENCODED:
        for name, text in decoded(url_encoded_texts(request)):
            values[name].append(text)
        return values
    method, request.method = request.method, "POST"  # Django reads no other forms
    request.META.setdefault("CONTENT_LENGTH", "1")  # nor any of unknown length
    try:
        for sent in (request.POST, request.FILES):
            for name, given in sent.lists():
                values[name] += given
    finally:
        request.method = method
    return values


def charset_of(request: HttpRequest | None) -> str:
    params = request and request.content_params
    return (params or {}).get("charset", "utf-8")


def url_encoded_texts(request: HttpRequest) -> list[Text]:
    body = request.body.decode("latin-1")  # a character for each byte: what they mean is seen later
    limit, charset = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS, charset_of(request)
    try:
        pairs = parse_qsl(body, keep_blank_values=True, encoding="latin-1", max_num_fields=limit)
    except ValueError as error:
        raise TooManyFieldsSent from error
    return [(name, value.encode("latin-1"), charset) for name, value in pairs]


def decoded(texts: list[Text]) -> list[tuple[str, str]]:
    """Names and texts, as the form says that they are encoded."""
    said = next((content.decode("latin-1") for name, content, _ in texts if name == CHARSET_FIELD), None)
    return [(name, decoded_text(content, said or charset)) for name, content, charset in texts if name != CHARSET_FIELD]


def decoded_text(content: bytes, charset: str) -> str:
    try:
        return content.decode(known(charset))
    except UnicodeDecodeError as error:
        raise BadCharacters(UNREADABLE) from error


def known(charset: str) -> str:
    """The codec's own name for it; BadCharacters if it is none of CHARSETS."""
    with suppress(LookupError, ValueError):
        if (name := codecs.lookup(charset).name) in CHARSETS:
            return name
    raise BadCharacters(UNREADABLE)


class MultipartReader(FileUploadHandler):
    """Reads a whole body in the place of Django's parser, which drops parts that it cannot make out."""

    def handle_raw_input(
        self,
        input_data: IO[bytes],
        META: dict[str, Any],  # noqa: N803  # Django's name
        content_length: int,
        boundary: Any,  # bytes, whatever the stubs say
        encoding: str | None = None,
    ) -> tuple[QueryDict, Files]:
        post, files = QueryDict(mutable=True), Files()
        charset = known(charset_of(self.request))
        with ExitStack() as opened:
            try:
                parts = list(parts_of(input_data, boundary, charset, opened))
            except MultipartError as error:
                raise MultiPartParserError from error
            for name, text in decoded(texts_in(parts, charset)):
                post.appendlist(name, text)
            for part, content in parts:
                if is_file(part):
                    files.appendlist(str(part.name), upload_of(part, content))
                else:
                    content.close()
            opened.pop_all()  # Django closes the files when the request ends
        return post, files


def parts_of(
    body: IO[bytes], boundary: bytes, charset: str, opened: ExitStack
) -> Iterator[tuple[MultipartSegment, Content]]:
    """Each part with its content, which is closed with `opened`; no more of them than Django's settings allow."""
    limit = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
    parser = PushMultipartParser(
        boundary, max_header_size=MAX_HEADER_BYTES, max_segment_count=limit, header_charset=charset
    )
    files_left, text_left = settings.DATA_UPLOAD_MAX_NUMBER_FILES, settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    for event in parser.parse_blocking(body.read, PIECE):
        if isinstance(event, MultipartSegment):
            check_headers(part := event)
            content = opened.enter_context(SpooledTemporaryFile(max_size=PIECE))  # noqa: SIM115  # it is one
            files_left -= part.filename is not None
        elif event:
            content.write(event)
            text_left -= len(event) if part.filename is None else 0
        else:
            content.seek(0)
            yield part, content
        if files_left < 0:
            raise TooManyFilesSent
        if text_left < 0:
            raise RequestDataTooBig


def check_headers(part: MultipartSegment) -> None:
    disposition = part["Content-Disposition"]
    if part.filename is None and "filename*" in disposition:  # as it is spelt in other headers (RFC 8187)
        part.filename = parse_header_parameters(disposition)[1].get("filename")
    if part.header("Content-Transfer-Encoding", "binary").strip().lower() not in ("binary", "8bit", "7bit"):
        raise ParserError("RFC 7578 has no other encodings any more: kept as it is, this would be another file")


def is_file(part: MultipartSegment) -> bool:
    """What a browser sends of a file input that was left empty has neither a name nor content."""
    return part.filename is not None and bool(part.filename or part.size)


def texts_in(parts: list[tuple[MultipartSegment, Content]], charset: str) -> list[Text]:
    return [
        (str(part.name), content.read(), part.charset or charset) for part, content in parts if part.filename is None
    ]


def upload_of(part: MultipartSegment, content: Content) -> Upload:
    name = str(part.filename).replace("\\", "/").rpartition("/")[2]
    return Upload(content, name if name.strip(".") else "file", part.content_type, part.size)
