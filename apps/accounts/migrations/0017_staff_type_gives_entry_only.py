from django.db import migrations

SEEDED = [
    *['Platform admin', 'Brand manager', 'Influencer manager', 'Content moderator', 'Community manager', 'Support'],
    *['Dispute manager', 'Trainee', 'Auditor'],
]
SPLIT = {
    'change_user': [
        ('user', 'remove_picture', 'Can remove the pictures of people'),
        ('user', 'reset_mfa', 'Can reset two-step login'),
    ],
    'change_session': [('session', 'end_session', 'Can end the sessions of others')],
}


def show_groups_in_the_console(apps, schema_editor):
    """Those that are there, by whatever way they were made; the names of the seeded ones have to be free."""
    Group, StaffRole = apps.get_model('auth', 'Group'), apps.get_model('accounts', 'StaffRole')
    for group in Group.objects.filter(staff_role=None):
        if group.name in SEEDED:
            Group.objects.filter(pk=group.pk).update(name=free_name(Group, f'{group.name} (as before)'))
        StaffRole(group=group).save_base(raw=True)


def free_name(Group, name):
    number, found = 1, name
    while Group.objects.filter(name=found).exists():
        number += 1
        found = f'{name} {number}'
    return found


def split_permissions(apps, schema_editor):
    """Who might do it with a broader permission may do it with one of its own."""
    Permission, ContentType = apps.get_model('auth', 'Permission'), apps.get_model('contenttypes', 'ContentType')
    for codename, parts in SPLIT.items():
        broader = Permission.objects.filter(content_type__app_label='accounts', codename=codename).first()
        if broader is None:
            continue
        for model, part, name in parts:
            kind, _ = ContentType.objects.get_or_create(app_label='accounts', model=model)
            given, _ = Permission.objects.get_or_create(content_type=kind, codename=part, defaults={'name': name})
            given.group_set.add(*broader.group_set.all())
            given.user_set.add(*broader.user_set.all())
            given.user_types.add(*broader.user_types.all())


def move_permissions_into_a_group(apps, schema_editor):
    """What the people of a type of staff were allowed by their type, they are by a group."""
    UserType, StaffRole = apps.get_model('accounts', 'UserType'), apps.get_model('accounts', 'StaffRole')
    Group, User = apps.get_model('auth', 'Group'), apps.get_model('accounts', 'User')
    for user_type in UserType.objects.filter(for_staff=True):
        people = User.objects.filter(user_type=user_type, erased_at=None)
        if user_type.permissions.exists() and people.exists():
            role = StaffRole.objects.create(
                name=free_name(Group, f'{user_type.name} (as before)'),
                description='What the user type allowed before there were groups.',
            )
            role.permissions.set(user_type.permissions.all())
            role.user_set.add(*people)
        user_type.permissions.clear()


PROTECT = [
    """
    CREATE FUNCTION accounts_keep_protected_role() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'A protected group cannot be deleted.' USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    """
    CREATE TRIGGER protected_role_stays BEFORE DELETE ON accounts_staffrole
    FOR EACH ROW WHEN (OLD.is_protected) EXECUTE FUNCTION accounts_keep_protected_role()
    """,
    """
    CREATE FUNCTION accounts_keep_power_of_protected_role() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM accounts_staffrole WHERE group_id = OLD.group_id AND is_protected)
            AND NOT EXISTS (SELECT FROM auth_group_permissions WHERE group_id = OLD.group_id)
        THEN
            RAISE EXCEPTION 'A protected group cannot be left without any permission.'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NULL;
    END $$
    """,
    # Looked at when it commits: what is given is often set anew, which takes all of it first.
    """
    CREATE CONSTRAINT TRIGGER protected_role_keeps_power AFTER DELETE OR UPDATE ON auth_group_permissions
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION accounts_keep_power_of_protected_role()
    """,
]
UNPROTECT = [
    'DROP TRIGGER protected_role_keeps_power ON auth_group_permissions',
    'DROP TRIGGER protected_role_stays ON accounts_staffrole',
    'DROP FUNCTION accounts_keep_power_of_protected_role()',
    'DROP FUNCTION accounts_keep_protected_role()',
]


def run_on_postgresql(statements):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == 'postgresql':
            for statement in statements:
                schema_editor.execute(statement)

    return run


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0016_staff_roles'),
        ('contenttypes', '0002_remove_content_type_name'),
    ]

    operations = [
        # First: PostgreSQL makes no trigger on a table whose rows have changed in the same transaction.
        migrations.RunPython(run_on_postgresql(PROTECT), run_on_postgresql(UNPROTECT)),
        migrations.RunPython(show_groups_in_the_console, migrations.RunPython.noop),
        migrations.RunPython(split_permissions, migrations.RunPython.noop),
        migrations.RunPython(move_permissions_into_a_group, migrations.RunPython.noop),
    ]
