from django.db import migrations
from django.db.models import F, Value
from django.db.models.functions import Concat


def with_the_app(apps, schema_editor):
    """`message:5` becomes `messaging.message:5`, as rows are called everywhere else."""
    payloads = apps.get_model("live", "Payload").objects
    payloads.filter(about__startswith="message:").update(about=Concat(Value("messaging."), F("about")))


class Migration(migrations.Migration):
    dependencies = [("live", "0002_file_urls_without_signatures")]

    operations = [migrations.RunPython(with_the_app, migrations.RunPython.noop, elidable=True)]
