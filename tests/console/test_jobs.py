from django.contrib.auth.models import Permission
from django.utils import timezone
from django_q.models import Failure, OrmQ, Schedule, Task

from tests.console.forms import form_of

FAILED = "/admin/django_q/failure/"


def fail() -> None:
    now = timezone.now()
    func = "apps.core.tasks.prune_idempotency_keys"
    Task.objects.create(id="f" * 32, name="job", func=func, started=now, stopped=now, success=False, result="Boom")


def test_a_failed_job_is_queued_again(boss_client):
    fail()

    boss_client.post(FAILED, {"action": "run_again", "_selected_action": ["f" * 32]})

    assert not Failure.objects.exists()
    job = OrmQ.objects.get().task
    assert job["func"] == "apps.core.tasks.prune_idempotency_keys"


def test_who_may_only_look_starts_nothing(staff, staff_client):
    fail()
    staff.user_permissions.add(Permission.objects.get(codename="view_failure"))

    staff_client.post(FAILED, {"action": "run_again", "_selected_action": ["f" * 32]})
    staff_client.post(FAILED, {"action": "delete_selected", "_selected_action": ["f" * 32], "post": "yes"})

    assert Failure.objects.exists()
    assert not OrmQ.objects.exists()


def test_nobody_names_a_function_to_run(boss_client):
    schedule = Schedule.objects.get(name="Forget dead sessions")
    page = f"/admin/django_q/schedule/{schedule.pk}/change/"
    form = form_of(boss_client.get(page), "schedule_form")

    changes = {"func": "os.system", "args": "'true'", "hook": "os.system", "schedule_type": "H"}
    assert boss_client.post(page, form | changes).status_code == 302
    cron = boss_client.post(page, form | {"schedule_type": "C"})

    schedule.refresh_from_db()
    assert (schedule.func, schedule.args, schedule.hook) == ("apps.accounts.tasks.prune_sessions", None, None)
    assert schedule.schedule_type == "H"
    assert list(cron.context["adminform"].form.errors) == ["schedule_type"]
    assert boss_client.get("/admin/django_q/schedule/add/").status_code == 403
