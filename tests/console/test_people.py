import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client

from apps.accounts.models import Session, User, UserType
from apps.core.models import AuditEntry
from tests.accounts.colleagues import COLLEAGUES
from tests.client import ApiClient, image_file, sign_in
from tests.console.conftest import browser
from tests.console.forms import form_of
from tests.factories import PASSWORD, ProfilePlatformFactory, StaffFactory, UserFactory

LIST = "/admin/accounts/user/"
ADD = f"{LIST}add/"
PASSWORDS = {"password1": PASSWORD, "password2": PASSWORD}


def page_of(user: User) -> str:
    return f"{LIST}{user.pk}/change/"


def set_picture(user: User) -> None:
    assert ApiClient(user).put("/users/profile/avatar", form={"file": image_file()}).status_code == 200


def save(client: Client, user: User, **changes: object):
    return client.post(page_of(user), form_of(client.get(page_of(user)), "user_form") | changes)


def new_account(**changes: object) -> dict[str, object]:
    staff_type = UserType.objects.get(slug="staff")
    fields = {"username": "nina", "email": "nina@infloo.in", "first_name": "Nina", "user_type": staff_type.pk}
    return fields | PASSWORDS | changes


@pytest.fixture
def clerk(db) -> User:
    """Staff who may edit people, and are no superuser."""
    user = StaffFactory(username="clerk")
    codes = ["add_user", "change_user", "change_profile", "remove_picture"]
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="accounts", codename__in=codes))
    return user


@pytest.fixture
def clerk_client(clerk: User) -> Client:
    return browser(clerk)


def test_a_superuser_makes_staff(boss_client):
    response = boss_client.post(ADD, new_account(is_staff="on"))

    user = User.objects.get(username="nina")
    assert response.url == page_of(user)
    assert (user.is_staff, user.is_superuser, user.role) == (True, False, "staff")
    assert user.profile.search_text == "nina\nnina\n\n"
    assert user.check_password(PASSWORD)
    assert Client().login(username="nina", password=PASSWORD) is False  # no request, no throttle: refused
    signing_in = Client().post("/admin/login/", {"username": "nina", "password": PASSWORD, "next": "/admin/"})
    assert signing_in.status_code == 302


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"username": "ALICE"}, "username", "A user with that username already exists."),
        ({"email": "Alice@Example.com"}, "email", "A user with that email already exists."),
        ({"username": "a b"}, "username", "3 to 50 letters, digits and _ . - only."),
        ({"username": "Admin"}, "username", "This username is not available."),
        ({"email": ""}, "email", "This field is required."),
        ({"email": "alice@Bu\u0308cher.de"}, "email", "A user with that email already exists."),
        ({"email": "alice@💩.la"}, "email", "Enter a valid email address."),
        ({"user_type": ""}, "user_type", "This field is required."),
        ({"password2": "another"}, "password2", "The two password fields didn’t match."),
        ({"password1": "nina1", "password2": "nina1"}, "password2", "The password is too similar to the username."),
    ],
)
def test_it_says_what_is_wrong_with_a_new_account(boss_client, alice, changes, field, sentence):
    UserFactory(email="alice@xn--bcher-kva.de")

    page = boss_client.post(ADD, new_account(**changes))

    assert page.status_code == 200
    assert sentence in page.context["adminform"].form.errors[field]
    assert not User.objects.filter(username="nina").exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"username": "Alice"}, "username"),
        ({"username": "AVATAR"}, "username"),
        ({"email": "ALICE@example.com"}, "email"),
    ],
)
def test_a_changed_name_or_address_must_be_free_in_any_case(boss_client, alice, changes, field):
    bob = UserFactory(username="bob")

    page = save(boss_client, bob, **changes)

    assert list(page.context["adminform"].form.errors) == [field]


def test_saving_without_a_change_changes_nothing(boss_client, alice):
    ProfilePlatformFactory(profile=alice.profile)
    before = User.objects.values().get(pk=alice.pk)

    assert save(boss_client, alice).status_code == 302
    assert User.objects.values().get(pk=alice.pk) == before


def test_people_search_finds_a_new_name(boss_client, alice):
    save(boss_client, alice, first_name="Zoë", **{"profile-0-bio": "Climbs mountains"})

    searcher = ApiClient(UserFactory())
    for words in ("zoë", "mountains"):
        assert [row["id"] for row in searcher.get(f"/users?search={words}").json()["data"]] == [alice.pk]


def test_it_saves_only_what_was_changed(boss_client, alice):
    page = form_of(boss_client.get(page_of(alice)), "user_form")
    User.objects.filter(pk=alice.pk).update(is_verified=True, last_name="Meanwhile")

    boss_client.post(page_of(alice), page | {"first_name": "Alicia", "last_name": page["last_name"]})

    alice.refresh_from_db()
    assert (alice.first_name, alice.is_verified) == ("Alicia", True)


def test_a_new_address_has_to_be_verified_again(boss_client):
    user = UserFactory(email_verified=True)

    save(boss_client, user, email="new@Infloo.IN")

    user.refresh_from_db()
    assert (user.email, user.email_verified) == ("new@infloo.in", False)


def test_who_is_switched_off_is_signed_out(boss_client, alice, alice_client):
    page = form_of(boss_client.get(page_of(alice)), "user_form")
    page.pop("is_active")

    boss_client.post(page_of(alice), page)

    assert not User.objects.get(pk=alice.pk).is_active
    assert alice_client.get("/users/profile").status_code == 401
    assert not Session.objects.filter(user=alice, revoked_at=None).exists()


def test_a_new_password_ends_every_session(boss_client, alice, alice_client):
    response = boss_client.post(f"{LIST}{alice.pk}/password/", {"password1": "N3w-secret!", "password2": "N3w-secret!"})

    alice.refresh_from_db()
    assert response.status_code == 302
    assert alice.check_password("N3w-secret!")
    assert alice_client.get("/users/profile").status_code == 401


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("phone", "12", "Enter a valid phone number."),
        ("country", "xx", '"xx" is not a valid choice.'),
        ("timezone", "Moon/Crater", '"Moon/Crater" is not a valid choice.'),
        ("website", "ftp://infloo.in", "Enter a valid URL."),
        ("bio", "x" * 501, "Ensure this value has at most 500 characters (it has 501)."),
    ],
)
def test_a_profile_is_checked_as_the_api_does(boss_client, alice, field, value, sentence):
    page = save(boss_client, alice, **{f"profile-0-{field}": value})

    assert page.status_code == 200
    assert page.context["inline_admin_formsets"][0].formset.errors == [{field: [sentence]}]


def test_a_profile_is_saved_as_the_api_does(boss_client, alice):
    save(
        boss_client, alice, **{"profile-0-country": "in", "profile-0-phone": "+911234567890", "profile-0-city": "Pune"}
    )
    save(boss_client, alice, **{"profile-0-city": ""})

    alice.profile.refresh_from_db()
    assert (alice.profile.country, alice.profile.phone, alice.profile.city) == ("IN", "+911234567890", "")


def test_a_clerk_edits_people(clerk_client, alice):
    assert save(clerk_client, alice, first_name="Alicia").status_code == 302
    assert User.objects.get(pk=alice.pk).first_name == "Alicia"


def test_what_lets_somebody_in_or_reaches_them_is_changed_on_the_record(clerk, clerk_client, alice):
    set_picture(alice)

    save(clerk_client, alice, email="new@infloo.in", **{"profile-0-phone": "+911234567890"})
    clerk_client.post(f"{LIST}{alice.pk}/password/", PASSWORDS)
    clerk_client.post(LIST, {"action": "remove_pictures", "_selected_action": [alice.pk], "confirmed": "yes"})
    form = form_of(clerk_client.get(page_of(alice)), "user_form")
    is_active = form.pop("is_active")
    clerk_client.post(page_of(alice), form)
    clerk_client.post(page_of(alice), form | {"is_active": is_active})

    entries = AuditEntry.objects.order_by("pk").values_list("actor", "target", "action")
    assert {entry[:2] for entry in entries} == {(clerk.pk, f"accounts.user:{alice.pk}")}
    assert [action for _, _, action in entries] == [
        *["user.address_changed", "user.profile_changed", "user.password_set"],
        *["user.picture_removed", "user.switched_off", "user.switched_on"],
    ]
    assert not [note for note in AuditEntry.objects.values_list("note", flat=True) if note]


def test_a_picture_that_is_not_there_is_not_removed(clerk_client, alice):
    clerk_client.post(LIST, {"action": "remove_pictures", "_selected_action": [alice.pk], "confirmed": "yes"})

    assert not AuditEntry.objects.exists()


def test_a_clerk_may_take_the_password_away(boss_client, alice, alice_client):
    response = boss_client.post(f"{LIST}{alice.pk}/password/", {"usable_password": "false", "unset-password": "1"})

    alice.refresh_from_db()
    assert response.status_code == 302
    assert not alice.has_usable_password()
    assert alice_client.get("/users/profile").status_code == 401


@pytest.mark.parametrize("field", ["is_staff", "is_superuser", "groups", "user_permissions"])
def test_a_clerk_gives_no_power(clerk_client, alice, field):
    group = Group.objects.create(name="powerful")
    permission = Permission.objects.get(codename="review_document")
    value = {"groups": group.pk, "user_permissions": permission.pk}.get(field, "on")

    response = save(clerk_client, alice, **{field: value})

    alice = User.objects.get(pk=alice.pk)
    assert response.status_code == 302
    assert (alice.is_staff, alice.is_superuser) == (False, False)
    assert not alice.groups.exists()
    assert not alice.user_permissions.exists()


def test_a_clerk_makes_no_staff(clerk_client):
    staff_type = clerk_client.post(ADD, new_account())
    flag = clerk_client.post(ADD, new_account(user_type=1, is_staff="on", is_superuser="on"))

    user = User.objects.get(username="nina")
    assert list(staff_type.context["adminform"].form.errors) == ["user_type"]
    assert flag.status_code == 302
    assert (user.is_staff, user.is_superuser) == (False, False)


def test_a_clerk_turns_nobody_into_staff(clerk_client, alice):
    page = save(clerk_client, alice, user_type=4)

    assert list(page.context["adminform"].form.errors) == ["user_type"]


@pytest.mark.parametrize("who", [*COLLEAGUES, "oneself"])
def test_a_clerk_takes_over_no_colleague(clerk_client, clerk, who):
    """Nor themselves: the right password is asked for at /admin/password_change/."""
    target = COLLEAGUES.get(who, lambda: clerk)()
    old = User.objects.values().get(pk=target.pk)

    assert clerk_client.get(page_of(target)).status_code == 200
    assert clerk_client.post(page_of(target), {"email": "mine@infloo.in"}).status_code == 403
    assert clerk_client.post(page_of(target), {"profile-0-phone": "+911234567890"}).status_code == 403
    assert clerk_client.post(f"{LIST}{target.pk}/password/", PASSWORDS).status_code == 403
    assert "Set another password" not in clerk_client.get(page_of(target)).content.decode()
    assert User.objects.values().get(pk=target.pk) == old


def test_a_clerk_may_not_remove_the_picture_of_a_colleague(clerk_client, alice, boss):
    for user in (alice, boss):
        set_picture(user)

    clerk_client.post(LIST, {"action": "remove_pictures", "_selected_action": [alice.pk, boss.pk], "confirmed": "yes"})

    assert not User.objects.get(pk=alice.pk).avatar
    assert User.objects.get(pk=boss.pk).avatar


def test_who_may_only_look_has_no_form(staff_client, alice):
    page = staff_client.get(page_of(alice))

    assert page.status_code == 200
    assert 'name="email"' not in page.content.decode()
    assert staff_client.post(page_of(alice), {"email": "mine@infloo.in"}).status_code == 403
    assert staff_client.get(ADD).status_code == 403


def test_no_account_is_deleted(boss_client, alice):
    assert boss_client.post(f"{LIST}{alice.pk}/delete/", {"post": "yes"}).status_code == 403
    boss_client.post(LIST, {"action": "delete_selected", "_selected_action": [alice.pk], "post": "yes"})

    assert User.objects.filter(pk=alice.pk).exists()


def test_the_list_finds_and_filters_people(boss_client, alice):
    brand = UserFactory(role="brand", username="acme", is_verified=True)
    sign_in(brand)

    def found(**query: object) -> set[str]:
        return {user.username for user in boss_client.get(LIST, query).context["cl"].result_list}

    assert found(q="alice@example") == {"alice"}
    assert found(user_type__id__exact=2) == {"acme"}
    assert found(is_verified__exact=1) == {"acme"}
    assert found(is_staff__exact=1) == {"boss"}


def test_a_picture_that_was_removed_comes_back(staff_client, clerk_client, alice, alice_client):
    alice_client.put("/users/profile/avatar", form={"file": image_file()})
    clerk_client.post(LIST, {"action": "remove_pictures", "_selected_action": [alice.pk], "confirmed": "yes"})
    assert alice_client.get("/users/profile").json()["data"]["avatar"] is None

    staff_client.post(LIST, {"action": "restore_profiles", "_selected_action": [alice.pk], "confirmed": "yes"})

    assert alice_client.get("/users/profile").json()["data"]["avatar"]
    assert AuditEntry.objects.latest("pk").action == "user.profile_restored"
