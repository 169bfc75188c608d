import pytest
from django.contrib.auth.models import Permission

from apps.core import site_settings
from apps.core.models import AuditEntry
from tests.console.forms import form_of

PAGE = "/admin/constance/config/"


def save(client, **changes: object):
    return client.post(PAGE, form_of(client.get(PAGE), "changelist-form") | changes)


def test_a_superuser_sets_them(boss_client):
    before = site_settings.site_settings()

    assert save(boss_client, request_cooldown_days=7).status_code == 302

    site_settings.read.cache_clear()
    assert site_settings.site_settings() == before._replace(request_cooldown_days=7)
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.changes) == ("settings.changed", {"request cooldown days": ["30", "7"]})
    assert "Request cooldown days: 30 → 7" in boss_client.get(f"{PAGE}history/").content.decode()


@pytest.mark.parametrize("days", ["-1", "3651", "soon", ""])
def test_days_are_a_sensible_number(boss_client, days):
    page = save(boss_client, document_retention_days=days)

    assert list(page.context["form"].errors) == ["document_retention_days"]
    assert site_settings.site_settings().document_retention_days == 90


def test_who_may_only_look_sets_none(staff, staff_client):
    assert staff_client.get(PAGE).status_code == 403
    staff.user_permissions.add(Permission.objects.get(codename="view_config"))

    before = site_settings.site_settings()

    form = form_of(staff_client.get(PAGE), "changelist-form")
    staff_client.post(PAGE, form | {"request_cooldown_days": 7, "document_retention_days": 7})

    site_settings.read.cache_clear()
    assert site_settings.site_settings() == before
