from django.db import migrations

FORMER, PRESENT = "apps.events.tasks.take_up_stalled", "apps.notifications.tasks.take_up_fan_outs"


def move(apps, schema_editor):
    """`manage.py seed` leaves rows alone that are there."""
    apps.get_model("django_q", "Schedule").objects.filter(func=FORMER).update(func=PRESENT)


def move_back(apps, schema_editor):
    apps.get_model("django_q", "Schedule").objects.filter(func=PRESENT).update(func=FORMER)


class Migration(migrations.Migration):

    dependencies = [
        ("notifications", "0003_an_index_for_each_order"),
        ("django_q", "0019_alter_task_options_alter_ormq_key_alter_ormq_lock_and_more"),
    ]

    operations = [migrations.RunPython(move, move_back)]
