import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("core", "0003_openai_compatible")]

    operations = [
        migrations.CreateModel(
            name="RememberedAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(editable=False, max_length=64)),
                ("body", models.TextField(editable=False)),
                ("call_id", models.BigIntegerField(editable=False, help_text="Of the ledger.")),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="core.workspace"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["at"], name="rememberedanswer_age")],
                "constraints": [models.UniqueConstraint(fields=("workspace", "key"), name="rememberedanswer_once")],
            },
        ),
    ]
