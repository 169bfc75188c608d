"""Every code that is told by a fan-out has an audience, whichever room tells it."""

import ast
from pathlib import Path

import pytest
from django.conf import settings

from apps.notifications.audiences import AUDIENCES
from apps.notifications.models import FanOut, NotificationType
from apps.notifications.schemas import Redirect
from apps.notifications.services import start_fan_out, start_fan_outs
from tests.factories import FanOutFactory

REDIRECT = Redirect(kind="profile", id=7, url="/api/v1/users/profile/alice")
TO_PEOPLE = {"notify", "notify_all", "renew", "retract", "settle"}
"""What takes a code and the people to tell, or whom it was told."""


def codes_of_fan_outs() -> set[str]:
    """The codes that rooms write out in calls of anything else: of what starts a fan-out, sooner or later."""
    sources = [path.read_text() for path in Path(settings.BASE_DIR, "apps").rglob("*.py")]
    calls = [node for source in sources for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    return {
        keyword.value.value
        for call in calls
        if not (isinstance(call.func, ast.Name) and call.func.id in TO_PEOPLE)
        for keyword in call.keywords
        if keyword.arg == "code" and isinstance(keyword.value, ast.Constant)
    }


def test_every_code_told_by_a_fan_out_has_an_audience(db):
    told = codes_of_fan_outs() & set(NotificationType.objects.values_list("code", flat=True))

    assert told
    assert told == AUDIENCES.keys()


@pytest.mark.parametrize("start", [start_fan_out, start_fan_outs])
def test_a_code_without_an_audience_cannot_be_told_to_one(alice, start):
    what = {"contents": []} if start is start_fan_outs else {"key": "it", "actor": alice}

    with pytest.raises(LookupError, match="No room declares the audience of welcome"):
        start(code="welcome", redirect=REDIRECT, **what)

    assert not FanOut.objects.exists()


def test_what_is_gone_has_no_audience(db):
    fan_outs = [FanOutFactory(code=code, redirect_id=2**40) for code in sorted(AUDIENCES)]

    assert [list(AUDIENCES[fan_out.kind.code](fan_out)) for fan_out in fan_outs] == [[]] * len(fan_outs)
