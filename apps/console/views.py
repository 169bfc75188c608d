"""Where staff work: the queue, and one page for each thing to decide."""

import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.forms import Form
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from apps.accounts.models import User
from apps.console import claims
from apps.console.work import DONE, MINE, UNCLAIMED, Item, items_in, link_to, neighbours, works_of
from apps.core.http.auth import SignedInRequest
from apps.core.http.errors import DomainError
from apps.core.trail import may_open
from apps.core.work import Preview, Work, works

LABEL = "accounts.user"


def page(request: SignedInRequest, template: str, context: dict[str, Any]) -> TemplateResponse:
    request.current_app = admin.site.name
    return TemplateResponse(request, f"admin/work/{template}.html", {**admin.site.each_context(request), **context})


@require_http_methods(["GET"])
def work_queue(request: SignedInRequest) -> HttpResponse:
    kinds = works_of(request.user)
    if not kinds:
        raise PermissionDenied
    tab = request.GET.get("tab", "")
    titles = {
        "": "All",
        MINE: "Mine",
        UNCLAIMED: "Unclaimed",
        **{work.slug: work.title for work in kinds},
        DONE: "Done",
    }
    tabs = [{"title": title, "link": f"?tab={value}", "is_active": value == tab} for value, title in titles.items()]
    context = {"title": "Work", "tabs": tabs, "items": items_in(tab, request.user), "is_done": tab == DONE}
    return page(request, "queue", context)


@require_http_methods(["GET", "POST"])
def work_item(request: SignedInRequest, slug: str, row_id: int) -> HttpResponseBase:
    """What there is to know of one row, and its decision. Looking claims nothing; a claim is a button."""
    if (work := works().get(slug)) is None:
        raise Http404
    if not request.user.has_perm(work.permission):
        raise PermissionDenied
    if (row := work.rows(request.user).filter(pk=row_id).first()) is None:
        raise Http404
    if request.method == "POST" and (act := ACTS.get(request.POST.get("do", ""))):
        return act(request, work, row)
    return show(request, work, row, work.form_class())


def show(
    request: SignedInRequest, work: Work[Any], row: Any, form: Form, preview: Preview | None = None
) -> TemplateResponse:
    viewer, summary = request.user, work.summary(row)
    before, after = neighbours(row, work, viewer)
    holder = claims.holder_of(row)
    outcome = work.outcome(row)
    decision, *fields = form
    context = {
        "title": summary.text,
        "work": work,
        "row": row,
        "summary": summary,
        "outcome": outcome,
        "holder": holder,
        "is_mine": holder == viewer,
        "is_taken": holder not in (None, viewer),
        "before": before,
        "after": after,
        "form": form,
        "preview": preview,
        "stamp": stamp_of(form) if preview else "",
        "decision": decision,
        "chosen": decision.value() or [],
        "fields": fields,
        "presets": [] if outcome else work.presets(),
        "facts": [
            fact._replace(link=fact.link if not fact.permission or viewer.has_perm(fact.permission) else "")
            for fact in work.facts(row)
        ],
        "person_link": summary.person and may_open(request, LABEL) and link_to_person(summary.person),
        **work.evidence(row, request),
    }
    return page(request, "item", context)


def link_to_person(person: User) -> str:
    return reverse("admin:accounts_user_change", args=[person.pk])


def claim(request: SignedInRequest, work: Work[Any], row: Any) -> HttpResponseBase:
    try:
        claims.claim(row=row, by=request.user)
    except DomainError as error:
        messages.error(request, error.detail)
    return redirect(link_to(work, row))


def take_over(request: SignedInRequest, work: Work[Any], row: Any) -> HttpResponseBase:
    claims.take_over(row=row, by=request.user)
    return redirect(link_to(work, row))


def renew(request: SignedInRequest, work: Work[Any], row: Any) -> HttpResponseBase:
    """Sent by the page while somebody works on it."""
    if claims.holder_of(row) == request.user:
        claims.claim(row=row, by=request.user)
    return HttpResponse(status=204)


def skip(request: SignedInRequest, work: Work[Any], row: Any) -> HttpResponseBase:
    _, after = neighbours(row, work, request.user)
    claims.release(row=row, by=request.user)
    return go_to(request, work, after)


def decide(request: SignedInRequest, work: Work[Any], row: Any) -> HttpResponseBase:
    """Then on to what comes next; refused, the page keeps what was typed."""
    form = work.form_class(request.POST)
    if not form.is_valid():
        return show(request, work, row, form)
    _, after = neighbours(row, work, request.user)
    try:
        with transaction.atomic():
            claims.refuse_claimed(row=row, by=request.user)
            preview = work.preview(row, by=request.user, cleaned=form.cleaned_data)
            if preview and request.POST.get("confirmed") != stamp_of(form):
                return show(request, work, row, form, preview)
            done = work.decide(row, by=request.user, cleaned=form.cleaned_data)
            claims.release(row=row, by=request.user)
    except DomainError as error:
        for field, sentences in error.details.items():
            form.add_error(field if field in form.fields else None, sentences)
        row.refresh_from_db()
        return show(request, work, row, form)
    messages.success(request, done)
    return go_to(request, work, after)


def stamp_of(form: Form) -> str:
    """Of what was filled in: whoever changes it after the preview is shown another."""
    return sha256(json.dumps(form.cleaned_data, default=str, sort_keys=True).encode()).hexdigest()


def go_to(request: SignedInRequest, work: Work[Any], item: Item | None) -> HttpResponseBase:
    if item is None:
        return redirect(f"{reverse('work_queue')}?tab={work.slug}")
    return claim(request, work, item.row)


ACTS: dict[str, Callable[[SignedInRequest, Work[Any], Any], HttpResponseBase]] = {
    "claim": claim,
    "take_over": take_over,
    "renew": renew,
    "skip": skip,
    "decide": decide,
}
