from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("proposals", "0004_policy_engine")]

    operations = [
        migrations.AddField(
            model_name="proposal",
            name="judged",
            field=models.JSONField(
                blank=True,
                editable=False,
                help_text="What a model said of things like it: {title, same: {key: …}}.",
                null=True,
            ),
        ),
    ]
