import logging

from django.db import migrations
from django.db.models.functions import Lower

from apps.accounts.addresses import ascii_address

logger = logging.getLogger(__name__)


def write_in_ascii(apps, schema_editor):
    """The address of another account stays with it: then both keep theirs as they are."""
    users = apps.get_model('accounts', 'User').objects.annotate(address=Lower('email'))
    for pk, email in users.order_by('pk').values_list('pk', 'email'):
        if email.isascii():
            continue
        try:
            address = ascii_address(email)
        except ValueError:
            logger.warning('Account %s keeps its address, whose domain cannot be.', pk)
            continue
        if users.filter(address=address.lower()).exists():
            logger.warning('Account %s keeps its address as it is spelt: another one has it in ASCII.', pk)
        else:
            users.filter(pk=pk).update(email=address)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0006_fold_search_texts'),
    ]

    operations = [
        migrations.RunPython(write_in_ascii, migrations.RunPython.noop),
    ]
