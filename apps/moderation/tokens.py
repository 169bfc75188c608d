"""By which somebody appeals who cannot sign in: the mail that tells of a decision has one."""

from datetime import timedelta

from django.core import signing

from apps.core.http.errors import BadToken
from apps.core.site_settings import site_settings

SALT = "appeal"


def make_appeal_token(case_id: int, person_id: int) -> str:
    return signing.dumps([case_id, person_id], salt=SALT)


def read_appeal_token(token: str) -> tuple[int, int]:
    """Case and person, of a token that is not older than appeals may be."""
    try:
        age = timedelta(days=site_settings().appeal_days)
        case_id, person_id = signing.loads(token, salt=SALT, max_age=age)
    except (signing.BadSignature, ValueError) as error:
        raise BadToken from error
    return case_id, person_id
