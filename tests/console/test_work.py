"""The queue of what waits for staff, and who works on what."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.accounts.models import Document
from apps.accounts.work import WORK
from apps.console import claims
from apps.console.errors import Claimed
from apps.console.models import LASTS, Claim
from apps.console.tasks import prune_claims
from apps.console.work import link_to
from apps.core.models import AuditEntry
from tests.console.conftest import browser
from tests.factories import DocumentFactory, StaffFactory, UserFactory
from tests.races import together

QUEUE = "/admin/work/"
[DOCUMENTS] = WORK


@pytest.fixture
def pat(db):
    return StaffFactory(username="pat", first_name="Pat", last_name="Moss")


def page_of(row) -> str:
    return link_to(DOCUMENTS, row)


def rows_in(client, tab=""):
    return [item.row for item in client.get(QUEUE, {"tab": tab}).context["items"]]


def end(row) -> None:
    Claim.objects.filter(target=f"accounts.document:{row.pk}").update(until=timezone.now())


def test_what_waits_longest_comes_first(staff_client):
    newer, older = DocumentFactory.create_batch(2)
    Document.objects.filter(pk=older.pk).update(created_at=timezone.now() - timedelta(days=1))
    DocumentFactory(approved=True)

    assert rows_in(staff_client) == rows_in(staff_client, "documents") == [older, newer]


def test_its_tabs_tell_mine_from_others(staff, staff_client, pat):
    mine, theirs, free = DocumentFactory.create_batch(3)
    claims.claim(row=mine, by=staff)
    claims.claim(row=theirs, by=pat)

    assert rows_in(staff_client, "mine") == [mine]
    assert rows_in(staff_client, "unclaimed") == [free]
    assert rows_in(staff_client) == [mine, theirs, free]
    assert "Pat Moss" in staff_client.get(QUEUE).content.decode()


def test_what_one_has_done_stands_under_done(staff, staff_client):
    document = DocumentFactory(rejected=True, reviewed_by=staff)
    DocumentFactory(rejected=True, reviewed_by=StaffFactory())

    assert rows_in(staff_client, "done") == [document]


def test_an_unknown_tab_is_not_found(staff_client):
    assert staff_client.get(QUEUE, {"tab": "x"}).status_code == 404


def test_who_decides_nothing_has_no_queue(db):
    colleague = StaffFactory(groups=["support"])

    assert browser(colleague).get(QUEUE).status_code == 403
    assert QUEUE not in browser(colleague).get("/admin/").content.decode()


def test_a_stranger_is_asked_to_sign_in(db, client):
    assert client.get(QUEUE).url == f"/admin/login/?next={QUEUE}"
    assert browser(UserFactory()).get(QUEUE).status_code == 302


def test_the_navigation_counts_what_waits(staff_client):
    DocumentFactory.create_batch(2)

    [_, work] = staff_client.get("/admin/").context["sidebar_navigation"][0]["items"]

    assert (work["title"], work["badge"]) == ("Work", "2")


@pytest.mark.parametrize("count", [1, 10])
def test_its_query_count_does_not_grow(staff_client, count, django_assert_max_num_queries):
    for document in DocumentFactory.create_batch(count):
        claims.claim(row=document, by=StaffFactory())
    staff_client.get(QUEUE)

    with django_assert_max_num_queries(12):
        assert len(rows_in(staff_client)) == count


def test_looking_changes_nothing(staff_client):
    document = DocumentFactory()

    staff_client.get(QUEUE)
    staff_client.get(page_of(document), {"do": "claim"})

    assert not Claim.objects.exists()


def test_a_claim_lasts_a_quarter_of_an_hour(staff, staff_client, pat):
    document = DocumentFactory()

    staff_client.post(page_of(document), {"do": "claim"})

    claim = Claim.objects.get()
    assert claim.user == staff
    assert timedelta(0) < timezone.now() + LASTS - claim.until < timedelta(minutes=1)
    end(document)
    claims.claim(row=document, by=pat)
    assert claims.holder_of(document) == pat


def test_working_renews_it(staff, staff_client, pat):
    document = DocumentFactory()
    claims.claim(row=document, by=staff)
    Claim.objects.update(until=timezone.now() + timedelta(minutes=1))

    assert staff_client.post(page_of(document), {"do": "renew"}).status_code == 204
    assert Claim.objects.get().until > timezone.now() + timedelta(minutes=10)

    assert browser(pat).post(page_of(document), {"do": "renew"}).status_code == 204
    assert claims.holder_of(document) == staff


@pytest.mark.parametrize("do", ["claim", "decide"])
def test_what_somebody_else_works_on_is_theirs(staff_client, pat, do):
    document = DocumentFactory()
    claims.claim(row=document, by=pat)

    page = staff_client.post(page_of(document), {"do": do, "decision": "approve"}, follow=True).content.decode()

    assert "Pat Moss is working on it. You can take it over." in page
    assert Document.objects.get().status == "pending"
    assert claims.holder_of(document) == pat


def test_taking_over_is_written_down(staff, staff_client, pat):
    document = DocumentFactory()
    claims.claim(row=document, by=pat)

    staff_client.post(page_of(document), {"do": "take_over"})

    assert claims.holder_of(document) == staff
    entry = AuditEntry.objects.get(action="work.taken_over")
    assert (entry.actor, entry.changes) == (staff, {"claimed by": [f"user {pat.pk}", f"user {staff.pk}"]})


def test_nobody_is_taken_from_what_nobody_has(staff_client):
    document = DocumentFactory()

    staff_client.post(page_of(document), {"do": "take_over"})

    assert not AuditEntry.objects.filter(action="work.taken_over").exists()


def test_a_claim_that_is_over_keeps_nobody_away(staff_client, pat):
    document = DocumentFactory()
    claims.claim(row=document, by=pat)
    end(document)

    staff_client.post(page_of(document), {"do": "decide", "decision": "approve"})

    assert Document.objects.get().status == "approved"


def test_deciding_leads_on_to_the_next_and_claims_it(staff, staff_client, pat):
    first, taken, third = DocumentFactory.create_batch(3)
    claims.claim(row=taken, by=pat)

    response = staff_client.post(page_of(first), {"do": "decide", "decision": "approve"})

    assert response.url == page_of(third)
    assert claims.holder_of(third) == staff
    assert claims.holder_of(first) is None


def test_skipping_gives_it_back_and_leads_on(staff, staff_client):
    first, second = DocumentFactory.create_batch(2)
    claims.claim(row=first, by=staff)

    assert staff_client.post(page_of(first), {"do": "skip"}).url == page_of(second)
    assert (claims.holder_of(first), claims.holder_of(second)) == (None, staff)
    assert staff_client.post(page_of(second), {"do": "skip"}).url == f"{QUEUE}?tab=documents"


def test_an_unknown_act_does_nothing(staff_client):
    document = DocumentFactory()

    assert staff_client.post(page_of(document), {"do": "explode"}).status_code == 200
    assert Document.objects.get().status == "pending"


@pytest.mark.parametrize("path", ["things/1/", "documents/0/", "documents/999999999999999999999/"])
def test_what_is_not_there_is_not_found(staff_client, path):
    assert staff_client.get(f"{QUEUE}{path}").status_code == 404


def test_words_of_people_are_shown_and_never_run(staff_client):
    document = DocumentFactory(user__first_name="<script>alert(1)</script>")

    for page in (QUEUE, page_of(document)):
        assert "<script>alert(1)" not in staff_client.get(page).content.decode()


def test_old_claims_are_forgotten(staff):
    claims.claim(row=DocumentFactory(), by=staff)
    over = DocumentFactory()
    claims.claim(row=over, by=staff)
    end(over)

    prune_claims()

    assert Claim.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_those_who_claim_at_once_one_has_it():
    document = DocumentFactory()
    colleagues = StaffFactory.create_batch(4)

    def try_to_claim(colleague):
        try:
            claims.claim(row=document, by=colleague)
        except Claimed:
            return False
        return True

    assert sorted(together(*[lambda by=by: try_to_claim(by) for by in colleagues])) == [False, False, False, True]
    assert Claim.objects.count() == 1
