import json
import re

from django.db import migrations

FILE = re.compile(r".*/api/v1/files/attachment/([0-9]+)\?sig=[^?&]*")


def without_signatures(apps, schema_editor):
    """Attachments of messages that are in the logs already: files have a size, links that people typed have none."""
    payloads = apps.get_model("live", "Payload").objects
    for payload in payloads.filter(event__in=["message", "message_updated"], data__contains="?sig=").iterator():
        data = json.loads(payload.data)
        for attachment in data["attachments"]:
            if attachment["size"] is not None and (url := FILE.fullmatch(attachment["url"])):
                attachment["url"] = ["attachment", int(url[1])]
        payloads.filter(pk=payload.pk).update(data=json.dumps(data))


class Migration(migrations.Migration):
    dependencies = [("live", "0001_logs")]

    operations = [migrations.RunPython(without_signatures, migrations.RunPython.noop, elidable=True)]
