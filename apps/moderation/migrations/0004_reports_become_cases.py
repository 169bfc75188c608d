from django.db import migrations


def gather(apps, schema_editor):
    """All reports of one thing are one open case, as it was at the first of them; no copy of a file is lost."""
    Case, Report, ReportFile = (apps.get_model('moderation', name) for name in ('Case', 'Report', 'ReportFile'))
    cases = {}
    for report in Report.objects.filter(case=None).select_related('reason').order_by('pk').iterator():
        target = (report.target_type, report.target_id)
        if target not in cases:
            cases[target] = Case.objects.create(
                target_type=report.target_type,
                target_id=report.target_id,
                target_owner_id=report.target_owner_id,
                snapshot=report.snapshot,
                created_at=report.created_at,
            )
        case = cases[target]
        case.reports_count += 1
        case.severity += report.reason.severity
        Report.objects.filter(pk=report.pk).update(case=case)
        ReportFile.objects.filter(report=report).update(case=case)
    Case.objects.bulk_update(cases.values(), ['reports_count', 'severity'], batch_size=500)


def rename_permission(apps, schema_editor):
    named = apps.get_model('auth', 'Permission').objects.filter(content_type__app_label='moderation')
    named.filter(codename='moderate_report').update(name='Can read reports and decide cases')


class Migration(migrations.Migration):

    dependencies = [
        ('moderation', '0003_cases'),
    ]

    operations = [
        migrations.RunPython(gather, migrations.RunPython.noop),
        migrations.RunPython(rename_permission, migrations.RunPython.noop),
    ]
