"""Who owns what in a project, and the project's versions.

A version goes with its project by the database's own cascade: Django would delete it first, while the project is still
there, and that is what the guard of history refuses.
"""

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("knowledge", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="project",
            name="team",
            field=models.JSONField(blank=True, default=list, help_text="Who owns which components."),
        ),
        migrations.CreateModel(
            name="ProjectVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=20)),
                (
                    "part",
                    models.CharField(
                        choices=[("first", "First"), ("major", "Major"), ("minor", "Minor"), ("patch", "Patch")],
                        max_length=5,
                    ),
                ),
                ("rules", models.JSONField()),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="versions",
                        to="knowledge.project",
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [models.UniqueConstraint(fields=("project", "number"), name="projectversion_once")],
            },
        ),
        migrations.RunSQL(
            "ALTER TABLE knowledge_projectversion ADD CONSTRAINT projectversion_of_project"
            " FOREIGN KEY (project_id) REFERENCES knowledge_project (id) ON DELETE CASCADE",
            "ALTER TABLE knowledge_projectversion DROP CONSTRAINT projectversion_of_project",
        ),
    ]
