"""Why a file is refused."""

from apps.core.http.errors import DomainError, Invalid, TooLarge, Unavailable, UnsupportedType

DAMAGED = "The file is damaged or incomplete."
TOO_COSTLY = "The picture takes too much time or memory to read."


class UnsupportedFile(UnsupportedType):
    detail = "This type of file is not accepted."


class FileTooLarge(TooLarge):
    def __init__(self, max_bytes: int) -> None:
        super().__init__(f"The file is larger than {max_bytes // 1024 // 1024} MB.")


class Busy(Unavailable):
    code = "busy"
    detail = "Other pictures are being read just now. Please try again in a moment."


class QuotaExceeded(DomainError):
    status = 429
    code = "quota_exceeded"
    detail = "You have uploaded too much today. Please try again tomorrow."

    def __init__(self, retry_after: int) -> None:
        self.headers = {"Retry-After": str(retry_after)}
        super().__init__()


def refused(field: str, sentence: str) -> Invalid:
    return Invalid({field: [sentence]}, code="invalid_file")
