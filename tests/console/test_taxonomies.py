from apps.accounts.models import Taxonomy
from tests.client import ApiClient
from tests.console.forms import form_of
from tests.factories import UserFactory

LIST = "/admin/accounts/taxonomy/"
ADD = f"{LIST}add/"


def choice(**changes: object) -> dict[str, object]:
    return {"type": "report_reason", "code": "scam", "value": "Fraud", "order": 5, "is_active": "on"} | changes


def save(client, called: str, **changes: object):
    page = f"{LIST}{Taxonomy.objects.get(code=called).pk}/change/"
    return client.post(page, form_of(client.get(page), "taxonomy_form") | changes)


def codes() -> list[str]:
    return list(Taxonomy.objects.offered(Taxonomy.Type.REPORT_REASON).values_list("code", flat=True))


def test_the_reasons_of_reports_are_there_from_the_start(db):
    assert codes() == ["spam", "abuse", "inappropriate", "fake", "other"]


def test_staff_add_a_choice(staff_client, alice_client):
    assert staff_client.post(ADD, choice()).status_code == 302

    body = {"target_type": "user", "target_id": UserFactory().pk, "reason": "SCAM"}
    assert alice_client.post("/reports", body).status_code == 201
    assert codes()[0] == "scam"


def test_staff_reword_a_choice_and_not_its_code(staff_client):
    save(staff_client, "spam", value="Advertising", code="ads", type="category")

    row = Taxonomy.objects.get(value="Advertising")
    assert (row.code, row.type) == ("spam", "report_reason")


def test_staff_switch_a_choice_off(staff_client, alice_client):
    page = f"{LIST}{Taxonomy.objects.get(code='fake').pk}/change/"
    form = form_of(staff_client.get(page), "taxonomy_form")
    form.pop("is_active")

    staff_client.post(page, form)

    body = {"target_type": "user", "target_id": UserFactory().pk, "reason": "fake"}
    assert alice_client.post("/reports", body).json()["details"] == {"reason": ['"fake" is not a valid choice.']}


def test_a_code_is_there_once_and_spelt_plainly(staff_client):
    twice, shouted = staff_client.post(ADD, choice(code="spam")), staff_client.post(ADD, choice(code="SCAM"))

    assert "already exists" in str(twice.context["adminform"].form.errors)
    assert shouted.context["adminform"].form.errors == {"code": ["Lower-case letters, digits and _ - only."]}


def test_no_choice_is_deleted(boss_client):
    row = Taxonomy.objects.get(code="spam")

    assert boss_client.post(f"{LIST}{row.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Taxonomy.objects.filter(pk=row.pk).exists()


def test_a_report_keeps_its_reason(staff_client, alice):
    body = {"target_type": "user", "target_id": UserFactory().pk, "reason": "spam"}
    ApiClient(alice).post("/reports", body)

    save(staff_client, "spam", value="Advertising")

    assert "Advertising" in staff_client.get("/admin/moderation/case/").content.decode()
