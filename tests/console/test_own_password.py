import pytest

from apps.accounts.models import Session
from tests.client import ApiClient
from tests.factories import PASSWORD

PAGE = "/admin/password_change/"
NEW = "N3w-secret!"


def change(client, old: str = PASSWORD):
    return client.post(PAGE, {"old_password": old, "new_password1": NEW, "new_password2": NEW})


def test_a_new_password_of_ones_own_ends_every_session_but_this_page(staff, staff_client, alice_client):
    caller = ApiClient(staff)

    response = change(staff_client)

    staff.refresh_from_db()
    assert response.url == "/admin/password_change/done/"
    assert staff.check_password(NEW)
    assert caller.get("/users/profile").status_code == 401
    assert alice_client.get("/users/profile").status_code == 200
    assert staff_client.get(response.url).status_code == 200


def test_without_the_right_password_nothing_ends(staff, staff_client):
    caller = ApiClient(staff)

    page = change(staff_client, old="a guess")

    assert list(page.context["form"].errors) == ["old_password"]
    assert caller.get("/users/profile").status_code == 200
    assert Session.objects.filter(user=staff, revoked_at=None).exists()


def test_guessing_the_old_one_has_the_limits_of_a_login(staff, staff_client, settings):
    settings.THROTTLES = True

    statuses = [change(staff_client, old="a guess").status_code for _ in range(10)]

    assert statuses == [200] * 10
    assert change(staff_client).status_code == 429
    staff.refresh_from_db()
    assert staff.check_password(PASSWORD)


@pytest.mark.parametrize("who", ["nobody", "member"])
def test_it_is_a_page_for_staff(client, alice, who):
    if who == "member":
        client.force_login(alice)

    assert client.get(PAGE).url == f"/admin/login/?next={PAGE}"


def test_it_is_a_page_of_the_console(staff_client):
    page = staff_client.get(PAGE)

    assert page.status_code == 200
    assert page.context["sidebar_navigation"]
    assert "Staff console" in page.content.decode()
