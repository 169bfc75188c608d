from django.db import migrations

from apps.core.reading.search import refold


def fold_events(apps, schema_editor):
    refold(apps.get_model('events', 'Event').objects, lambda row: '\n'.join([row.title, row.description, row.location]))


class Migration(migrations.Migration):

    dependencies = [
        ('events', '0005_an_index_for_each_order'),
    ]

    operations = [
        migrations.RunPython(fold_events, migrations.RunPython.noop),
    ]
