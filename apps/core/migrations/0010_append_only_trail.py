"""PostgreSQL refuses to change what is in the trail; apart from the move of rows, which leaves work for the commit."""

from django.db import migrations

TRIGGER = """
    CREATE FUNCTION refuse_change_of_trail() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'core_auditentry is append-only'; END $$;
    CREATE TRIGGER trail_is_append_only BEFORE UPDATE OR DELETE ON core_auditentry
        FOR EACH ROW EXECUTE FUNCTION refuse_change_of_trail();
"""
NO_TRIGGER = """
    DROP TRIGGER trail_is_append_only ON core_auditentry;
    DROP FUNCTION refuse_change_of_trail();
"""


def make_append_only(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(TRIGGER)


def make_changeable(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(NO_TRIGGER)


class Migration(migrations.Migration):
    dependencies = [("core", "0009_one_trail")]

    operations = [migrations.RunPython(make_append_only, make_changeable)]
