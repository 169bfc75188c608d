import django.core.serializers.json
import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0018_suspensions'),
        ('moderation', '0002_an_index_for_each_order'),
    ]

    operations = [
        migrations.CreateModel(
            name='Case',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('target_type', models.CharField(choices=[('user', 'User'), ('story', 'Story'), ('event', 'Event'), ('message', 'Message'), ('offer', 'Offer'), ('project', 'Project')], max_length=20, verbose_name='kind')),
                ('target_id', models.PositiveBigIntegerField()),
                ('target_owner', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='cases', to=settings.AUTH_USER_MODEL, verbose_name='reported person')),
                ('snapshot', models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder, help_text='What it said when it was reported.')),
                ('reports_count', models.PositiveIntegerField(default=0, help_text='Each person counts once.', verbose_name='reports')),
                ('severity', models.PositiveIntegerField(default=0, help_text="The sum of the severities of its reports' reasons.")),
                ('status', models.CharField(choices=[('open', 'Open'), ('decided', 'Decided')], default='open', max_length=20)),
                ('decision', models.CharField(blank=True, choices=[('none', 'None'), ('warned', 'Warned'), ('removed', 'Removed'), ('suspended', 'Suspended'), ('banned', 'Banned')], help_text='The hardest of its decisions.', max_length=20)),
                ('decisions', models.JSONField(default=list)),
                ('reason', models.TextField(blank=True, help_text='As the person decided about reads it.')),
                ('until', models.DateTimeField(help_text='When the suspension ends.', null=True)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('decided_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'permissions': [('suspend_long', 'Can suspend people for more than a week, and for good')],
                'default_permissions': (),
            },
        ),
        migrations.CreateModel(
            name='Appeal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('case', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='appeal', to='moderation.case')),
                ('person', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='appeals', to=settings.AUTH_USER_MODEL)),
                ('text', models.TextField(max_length=2000)),
                ('status', models.CharField(choices=[('open', 'Open'), ('upheld', 'Upheld'), ('overturned', 'Overturned')], default='open', max_length=20)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('note', models.TextField(blank=True, help_text='For colleagues only.')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now)),
                ('decided_at', models.DateTimeField(null=True)),
            ],
            options={
                'default_permissions': (),
            },
        ),
        migrations.AddField(
            model_name='report',
            name='case',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='reports', to='moderation.case'),
        ),
        migrations.AddField(
            model_name='reportfile',
            name='case',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='files', to='moderation.case'),
        ),
    ]
