from django.db import migrations

from apps.core.reading.search import refold


def fold_people(apps, schema_editor):
    profiles = apps.get_model('accounts', 'Profile').objects.select_related('user')
    refold(profiles, lambda row: '\n'.join([row.user.username, row.user.first_name, row.user.last_name, row.bio]))


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0005_an_index_for_each_order'),
    ]

    operations = [
        migrations.RunPython(fold_people, migrations.RunPython.noop),
    ]
