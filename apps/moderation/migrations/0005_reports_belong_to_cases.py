import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):

    dependencies = [
        ('moderation', '0004_reports_become_cases'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='report',
            options={'default_permissions': (), 'permissions': [('moderate_report', 'Can read reports and decide cases')]},
        ),
        migrations.RemoveConstraint(model_name='report', name='one_open_report_per_reporter_and_target'),
        migrations.RemoveIndex(model_name='report', name='reports_by_status'),
        migrations.RemoveIndex(model_name='report', name='reports_by_target'),
        migrations.RemoveIndex(model_name='report', name='reports_by_owner'),
        migrations.RemoveIndex(model_name='report', name='reports_by_time'),
        migrations.RemoveField(model_name='report', name='target_type'),
        migrations.RemoveField(model_name='report', name='target_id'),
        migrations.RemoveField(model_name='report', name='target_owner'),
        migrations.RemoveField(model_name='report', name='snapshot'),
        migrations.RemoveField(model_name='report', name='status'),
        migrations.RemoveField(model_name='reportfile', name='report'),
        migrations.AlterField(
            model_name='report',
            name='case',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='reports', to='moderation.case'),
        ),
        migrations.AlterField(
            model_name='report',
            name='reporter',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='reports_made', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='reportfile',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='files', to='moderation.case'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.UniqueConstraint(fields=('case', 'reporter'), name='one_report_per_reporter_and_case'),
        ),
        migrations.AddIndex(
            model_name='report',
            index=models.Index(fields=['reporter', '-id'], name='reports_by_reporter'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.UniqueConstraint(condition=Q(('status', 'open')), fields=('target_type', 'target_id'), name='one_open_case_per_target'),
        ),
        migrations.AddConstraint(
            model_name='case',
            constraint=models.CheckConstraint(
                condition=Q(decided_at=None, decision='', status='open')
                | Q(~Q(decision=''), decided_at__isnull=False, status='decided'),
                name='a_case_is_open_or_decided',
            ),
        ),
        migrations.AddIndex(model_name='case', index=models.Index(fields=['-status', '-severity', 'id'], name='cases_worst_first')),
        migrations.AddIndex(model_name='case', index=models.Index(fields=['target_type', 'target_id'], name='cases_by_target')),
        migrations.AddIndex(model_name='case', index=models.Index(fields=['target_owner', '-id'], name='cases_by_owner')),
        migrations.AddIndex(model_name='case', index=models.Index(fields=['decision', '-id'], name='cases_by_decision')),
        migrations.AddIndex(model_name='case', index=models.Index(fields=['created_at'], name='cases_by_time')),
        migrations.AddIndex(model_name='appeal', index=models.Index(fields=['status', 'id'], name='appeals_by_status')),
        migrations.AddIndex(model_name='appeal', index=models.Index(fields=['created_at'], name='appeals_by_time')),
    ]
