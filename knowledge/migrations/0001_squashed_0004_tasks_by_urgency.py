"""All of 0001 to 0004 in one step, each table whole: a new database has its tables in a third of the time.

Databases that took the steps one by one are recorded as here.
"""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.utils.timezone
import pgvector.django.vector
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("knowledge", "0001_initial"),
        ("knowledge", "0002_project_rules"),
        ("knowledge", "0003_edits"),
        ("knowledge", "0004_tasks_by_urgency"),
    ]

    initial = True

    dependencies = [
        ("core", "0001_squashed_0005_accounts"),
        ("ingestion", "0001_squashed_0007_people"),
    ]

    operations = [
        migrations.CreateModel(
            name="Project",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("name", models.CharField(max_length=120)),
                ("description", models.TextField(blank=True)),
                (
                    "keywords",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), blank=True, default=list
                    ),
                ),
                ("glossary", models.JSONField(blank=True, default=dict)),
                (
                    "components",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), blank=True, default=list
                    ),
                ),
                ("priority_rules", models.JSONField(blank=True, default=list)),
                ("language", models.CharField(default="en", max_length=10)),
                ("version", models.CharField(default="1.0.0", max_length=20)),
                (
                    "default_assignee",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="ingestion.participant",
                    ),
                ),
                (
                    "manager",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="projects", to="core.workspace"
                    ),
                ),
                ("team", models.JSONField(blank=True, default=list, help_text="Who owns which components.")),
            ],
            options={
                "ordering": ["name"],
                "constraints": [models.UniqueConstraint(fields=("workspace", "name"), name="project_name_once")],
            },
        ),
        migrations.CreateModel(
            name="Embedding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("topic", "Topic"),
                            ("atom", "Atom"),
                            ("task", "Task"),
                            ("message", "Message"),
                            ("proposal", "Proposal"),
                        ],
                        max_length=10,
                    ),
                ),
                ("object_id", models.BigIntegerField()),
                ("model", models.CharField(max_length=120)),
                ("dim", models.SmallIntegerField()),
                ("vector", pgvector.django.vector.VectorField()),
                ("text_hash", models.CharField(max_length=64)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="core.workspace"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["workspace", "kind", "model"], name="embedding_of_workspace")],
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "object_id", "model"), name="embedding_once"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["topic", "atom", "task", "message", "proposal"])),
                        name="embedding_kind_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Memory",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(
                        choices=[("rejected", "Rejected"), ("not_same", "Not Same"), ("same", "Same")], max_length=10
                    ),
                ),
                ("fingerprint", models.CharField(max_length=64)),
                ("other", models.CharField(blank=True, max_length=64)),
                ("reason", models.CharField(blank=True, max_length=20)),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                ("messages", models.ManyToManyField(blank=True, related_name="+", to="ingestion.message")),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="memories", to="core.workspace"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "memories",
                "constraints": [
                    models.UniqueConstraint(fields=("workspace", "kind", "fingerprint", "other"), name="memory_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("kind", "rejected"), ("other", "")),
                            models.Q(("kind__in", ["not_same", "same"]), models.Q(("other", ""), _negated=True)),
                            _connector="OR",
                        ),
                        name="memory_pair_has_two",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Confirmation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=10)),
                ("object_id", models.BigIntegerField()),
                ("edited_at", models.DateTimeField(help_text="Of the message, when the person read it.", null=True)),
                (
                    "quote",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="confirmations", to="ingestion.quote"
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="core.workspace"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("kind", "object_id", "quote"), name="confirmation_once"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["topic", "atom", "task"])), name="confirmation_kind_known"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Edit",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=10)),
                ("object_id", models.BigIntegerField()),
                ("other_id", models.BigIntegerField(null=True)),
                (
                    "verb",
                    models.CharField(
                        choices=[
                            ("make", "Make"),
                            ("edit", "Edit"),
                            ("merge", "Merge"),
                            ("split", "Split"),
                            ("confirm", "Confirm"),
                        ],
                        max_length=10,
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("fields", models.JSONField(default=list)),
                ("changes", models.JSONField(default=list)),
                ("undone_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="edits", to="core.workspace"
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["kind", "object_id", "-id"], name="edit_of_object"),
                    models.Index(
                        condition=models.Q(("other_id__isnull", False)),
                        fields=["kind", "other_id", "-id"],
                        name="edit_of_other",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["topic", "atom", "task"])), name="edit_kind_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("verb__in", ["make", "edit", "merge", "split", "confirm"])),
                        name="edit_verb_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Topic",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("name", models.CharField(max_length=200)),
                ("description", models.TextField(blank=True)),
                (
                    "keywords",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), blank=True, default=list
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("active", "Active"), ("merged", "Merged"), ("archived", "Archived")],
                        default="active",
                        max_length=10,
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged",
                        to="knowledge.topic",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="topics",
                        to="knowledge.project",
                    ),
                ),
                ("quotes", models.ManyToManyField(blank=True, related_name="topics", to="ingestion.quote")),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="topics", to="core.workspace"
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "active")), fields=["workspace", "name"], name="topic_list"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["active", "merged", "archived"])), name="topic_status_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("merged_into__isnull", False), ("status", "merged")),
                            models.Q(models.Q(("status", "merged"), _negated=True), ("merged_into__isnull", True)),
                            _connector="OR",
                        ),
                        name="topic_merged_has_target",
                    ),
                ],
            },
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
        migrations.CreateModel(
            name="Atom",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("problem", "Problem"),
                            ("solution", "Solution"),
                            ("decision", "Decision"),
                            ("question", "Question"),
                            ("insight", "Insight"),
                            ("idea", "Idea"),
                            ("blocker", "Blocker"),
                            ("risk", "Risk"),
                            ("requirement", "Requirement"),
                        ],
                        max_length=12,
                    ),
                ),
                ("title", models.CharField(max_length=200)),
                ("content", models.TextField(blank=True)),
                (
                    "status",
                    models.CharField(
                        choices=[("active", "Active"), ("merged", "Merged"), ("retired", "Retired")],
                        default="active",
                        max_length=10,
                    ),
                ),
                ("valid_from", models.DateTimeField(default=django.utils.timezone.now)),
                ("valid_to", models.DateTimeField(blank=True, null=True)),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged",
                        to="knowledge.atom",
                    ),
                ),
                ("quotes", models.ManyToManyField(blank=True, related_name="atoms", to="ingestion.quote")),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="atoms", to="core.workspace"
                    ),
                ),
                ("topics", models.ManyToManyField(blank=True, related_name="atoms", to="knowledge.topic")),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "active")), fields=["workspace", "type", "-id"], name="atom_list"
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "type__in",
                                [
                                    "problem",
                                    "solution",
                                    "decision",
                                    "question",
                                    "insight",
                                    "idea",
                                    "blocker",
                                    "risk",
                                    "requirement",
                                ],
                            )
                        ),
                        name="atom_type_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["active", "merged", "retired"])), name="atom_status_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("merged_into__isnull", False), ("status", "merged")),
                            models.Q(models.Q(("status", "merged"), _negated=True), ("merged_into__isnull", True)),
                            _connector="OR",
                        ),
                        name="atom_merged_has_target",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Task",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("title", models.CharField(max_length=200)),
                ("description", models.TextField(blank=True)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("in_progress", "In Progress"),
                            ("done", "Done"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="open",
                        max_length=12,
                    ),
                ),
                (
                    "priority",
                    models.CharField(
                        choices=[("low", "Low"), ("medium", "Medium"), ("high", "High"), ("critical", "Critical")],
                        default="medium",
                        max_length=10,
                    ),
                ),
                (
                    "category",
                    models.CharField(
                        choices=[
                            ("bug", "Bug"),
                            ("feature", "Feature"),
                            ("improvement", "Improvement"),
                            ("question", "Question"),
                            ("chore", "Chore"),
                        ],
                        default="chore",
                        max_length=12,
                    ),
                ),
                ("due", models.DateField(blank=True, null=True)),
                (
                    "labels",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), blank=True, default=list
                    ),
                ),
                ("fields", models.JSONField(blank=True, default=dict)),
                (
                    "assignee",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="assigned_tasks",
                        to="ingestion.participant",
                    ),
                ),
                ("atoms", models.ManyToManyField(blank=True, related_name="tasks", to="knowledge.atom")),
                (
                    "project",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="tasks",
                        to="knowledge.project",
                    ),
                ),
                ("quotes", models.ManyToManyField(blank=True, related_name="tasks", to="ingestion.quote")),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="tasks", to="core.workspace"
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["workspace", "status", "-id"], name="task_list"),
                    models.Index(
                        models.F("workspace"),
                        models.F("status"),
                        models.Case(
                            models.When(priority="critical", then=models.Value(0)),
                            models.When(priority="high", then=models.Value(1)),
                            models.When(priority="medium", then=models.Value(2)),
                            models.When(priority="low", then=models.Value(3)),
                            output_field=models.IntegerField(),
                        ),
                        models.OrderBy(models.F("id"), descending=True),
                        condition=models.Q(("status__in", ["open", "in_progress"])),
                        name="task_board",
                    ),
                    models.Index(
                        condition=models.Q(("status__in", ["open", "in_progress"])),
                        fields=["project"],
                        name="task_open_of_project",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["open", "in_progress", "done", "cancelled"])),
                        name="task_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("priority__in", ["low", "medium", "high", "critical"])),
                        name="task_priority_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("category__in", ["bug", "feature", "improvement", "question", "chore"])),
                        name="task_category_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AtomLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("continues", "Continues"),
                            ("solves", "Solves"),
                            ("contradicts", "Contradicts"),
                            ("supports", "Supports"),
                            ("refines", "Refines"),
                            ("relates_to", "Relates To"),
                            ("depends_on", "Depends On"),
                            ("supersedes", "Supersedes"),
                        ],
                        max_length=12,
                    ),
                ),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "from_atom",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="links_out", to="knowledge.atom"
                    ),
                ),
                (
                    "to_atom",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="links_in", to="knowledge.atom"
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="atom_links", to="core.workspace"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("from_atom", "to_atom", "type"), name="atomlink_once"),
                    models.CheckConstraint(
                        condition=models.Q(("from_atom", models.F("to_atom")), _negated=True),
                        name="atomlink_not_to_itself",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "type__in",
                                [
                                    "continues",
                                    "solves",
                                    "contradicts",
                                    "supports",
                                    "refines",
                                    "relates_to",
                                    "depends_on",
                                    "supersedes",
                                ],
                            )
                        ),
                        name="atomlink_type_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ExternalLink",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("tracker", models.CharField(max_length=40)),
                ("external_id", models.CharField(max_length=255)),
                ("url", models.URLField(blank=True, max_length=500)),
                (
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="external_links", to="knowledge.task"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("task", "tracker"), name="externallink_once")],
            },
        ),
        migrations.RunSQL(
            sql="ALTER TABLE knowledge_projectversion ADD CONSTRAINT projectversion_of_project FOREIGN KEY (project_id) REFERENCES knowledge_project (id) ON DELETE CASCADE",
            reverse_sql="ALTER TABLE knowledge_projectversion DROP CONSTRAINT projectversion_of_project",
        ),
    ]
