import time

from constance import config
from django.conf import settings

from apps.core.site_settings import SiteSettings, site_settings


def test_every_setting_that_is_declared_can_be_read(db):
    assert set(SiteSettings._fields) == set(settings.CONSTANCE_CONFIG)
    assert site_settings().document_retention_days == 90


def test_all_of_them_cost_one_query_and_then_none(db, django_assert_num_queries):
    with django_assert_num_queries(1):
        site_settings()
        site_settings()
        site_settings()


def test_what_staff_set_counts_after_two_seconds(db, monkeypatch):
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    before = site_settings()
    config.document_retention_days = 5

    assert site_settings() is before
    now = 1002.0
    assert site_settings().document_retention_days == 5
