"""All of 0001 to 0009 in one step, each table whole: a new database has its tables in a third of the time.

Databases that took the steps one by one are recorded as here.
"""

import datetime
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.db.models.fields.json
import django.db.models.functions.text
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("proposals", "0001_initial"),
        ("proposals", "0002_list_of_all"),
        ("proposals", "0003_auto_approval"),
        ("proposals", "0004_policy_engine"),
        ("proposals", "0005_judged"),
        ("proposals", "0006_desk_filters"),
        ("proposals", "0007_dashboard_figures"),
        ("proposals", "0008_duty"),
        ("proposals", "0009_shown_proposals"),
    ]

    initial = True

    dependencies = [
        ("analysis", "0001_squashed_0005_run_project_versions"),
        ("core", "0001_squashed_0005_accounts"),
        ("ingestion", "0001_squashed_0007_people"),
        ("knowledge", "0001_squashed_0004_tasks_by_urgency"),
    ]

    operations = [
        migrations.CreateModel(
            name="Proposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(choices=[("topic", "Topic"), ("atom", "Atom"), ("task", "Task")], max_length=10),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("needs_evidence", "Needs Evidence"),
                            ("snoozed", "Snoozed"),
                            ("approved", "Approved"),
                            ("rejected", "Rejected"),
                            ("merged", "Merged"),
                            ("superseded", "Superseded"),
                        ],
                        default="pending",
                        max_length=15,
                    ),
                ),
                ("fingerprint", models.CharField(max_length=64)),
                ("title", models.CharField(max_length=200)),
                ("payload", models.JSONField()),
                ("origins", models.JSONField(blank=True, default=dict)),
                (
                    "recommendation",
                    models.CharField(
                        choices=[
                            ("new_task", "New Task"),
                            ("update_existing", "Update Existing"),
                            ("merge", "Merge"),
                            ("reject", "Reject"),
                        ],
                        default="new_task",
                        max_length=20,
                    ),
                ),
                (
                    "target_id",
                    models.BigIntegerField(
                        help_text="The object to update or merge into, of the same kind.", null=True
                    ),
                ),
                ("confidence", models.FloatField()),
                ("reasoning", models.TextField(blank=True)),
                ("rank", models.FloatField(default=0)),
                ("snoozed_until", models.DateTimeField(blank=True, null=True)),
                (
                    "reject_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("noise", "Noise"),
                            ("duplicate", "Duplicate"),
                            ("not_actionable", "Not Actionable"),
                            ("already_done", "Already Done"),
                            ("wrong_facts", "Wrong Facts"),
                            ("wrong_topic", "Wrong Topic"),
                            ("out_of_scope", "Out Of Scope"),
                        ],
                        max_length=20,
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500)),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                ("created_kind", models.CharField(blank=True, max_length=10)),
                ("created_id", models.BigIntegerField(null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="decisions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="merged",
                        to="proposals.proposal",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="proposals",
                        to="knowledge.project",
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="proposals",
                        to="analysis.analysisrun",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="proposals", to="core.workspace"
                    ),
                ),
                (
                    "left_at",
                    models.DateTimeField(
                        editable=False,
                        help_text="When a policy looked at it and left it to people, as it may not take it.",
                        null=True,
                    ),
                ),
                (
                    "sampled_at",
                    models.DateTimeField(
                        editable=False,
                        help_text="When a policy left it to people, to see whether it would have been right.",
                        null=True,
                    ),
                ),
                (
                    "judged",
                    models.JSONField(
                        blank=True,
                        editable=False,
                        help_text="What a model said of things like it: {title, same: {key: …}}.",
                        null=True,
                    ),
                ),
            ],
            options={
                "ordering": ["-rank", "-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "pending")),
                        fields=["workspace", "-rank", "-id"],
                        name="proposal_inbox",
                    ),
                    models.Index(
                        condition=models.Q(("status", "pending")),
                        fields=["workspace", "kind", "-rank", "-id"],
                        name="proposal_inbox_kind",
                    ),
                    models.Index(fields=["workspace", "kind", "fingerprint"], name="proposal_by_fingerprint"),
                    models.Index(
                        condition=models.Q(("status", "snoozed")), fields=["snoozed_until"], name="proposal_snoozed"
                    ),
                    models.Index(
                        condition=models.Q(("decided_at__isnull", False)),
                        fields=["workspace", "-decided_at"],
                        name="proposal_decided",
                    ),
                    models.Index(fields=["workspace", "-rank", "-id"], name="proposal_all"),
                    models.Index(
                        condition=models.Q(("sampled_at__isnull", False)),
                        fields=["workspace", "kind", "-decided_at"],
                        name="proposal_sampled",
                    ),
                    models.Index(
                        condition=models.Q(("status", "pending")),
                        fields=["workspace", "created_at"],
                        name="proposal_inbox_age",
                    ),
                    models.Index(
                        condition=models.Q(("status__in", ["approved", "merged"])),
                        fields=["workspace", "kind"],
                        name="proposal_accepted",
                    ),
                    models.Index(
                        condition=models.Q(("created_id__isnull", False)),
                        fields=["created_kind", "created_id"],
                        name="proposal_made",
                    ),
                    models.Index(
                        models.F("workspace"),
                        django.db.models.functions.text.Upper(
                            django.db.models.fields.json.KeyTextTransform("topic", "payload")
                        ),
                        condition=models.Q(("kind", "atom")),
                        name="proposal_topic",
                    ),
                    django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.search.SearchVector(
                            "title",
                            django.db.models.fields.json.KeyTextTransform("description", "payload"),
                            django.db.models.fields.json.KeyTextTransform("content", "payload"),
                            config="simple",
                        ),
                        name="proposal_fulltext",
                    ),
                    models.Index(fields=["workspace", "created_at"], name="proposal_by_day"),
                    models.Index(
                        condition=models.Q(("status__in", ["needs_evidence", "snoozed"])),
                        fields=["workspace", "status"],
                        name="proposal_aside",
                    ),
                    models.Index(
                        condition=models.Q(("decided_at__isnull", False)),
                        fields=["workspace", "kind", "confidence"],
                        include=("id", "status", "decided_by"),
                        name="proposal_meaning",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["topic", "atom", "task"])), name="proposal_kind_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                [
                                    "pending",
                                    "needs_evidence",
                                    "snoozed",
                                    "approved",
                                    "rejected",
                                    "merged",
                                    "superseded",
                                ],
                            )
                        ),
                        name="proposal_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", False), ("status__in", ["approved", "rejected", "merged"])),
                            models.Q(
                                ("decided_at__isnull", True),
                                ("status__in", ["pending", "needs_evidence", "snoozed", "superseded"]),
                            ),
                            _connector="OR",
                        ),
                        name="proposal_decided_at_iff_decision",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("snoozed_until__isnull", False), ("status", "snoozed")),
                            models.Q(models.Q(("status", "snoozed"), _negated=True), ("snoozed_until__isnull", True)),
                            _connector="OR",
                        ),
                        name="proposal_snoozed_until_iff_snoozed",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("confidence__gte", 0), ("confidence__lte", 1)),
                        name="proposal_confidence_in_range",
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("status__in", ["pending", "needs_evidence", "snoozed"])),
                        fields=("workspace", "kind", "fingerprint"),
                        name="proposal_open_once",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AutoApproval",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "kind",
                    models.CharField(choices=[("topic", "Topic"), ("atom", "Atom"), ("task", "Task")], max_length=10),
                ),
                ("threshold", models.FloatField(default=0.95)),
                ("sample_rate", models.FloatField(default=0.1)),
                ("is_active", models.BooleanField(default=False)),
                ("set_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("stopped", models.CharField(blank=True, max_length=500)),
                ("stopped_at", models.DateTimeField(blank=True, null=True)),
                (
                    "set_by",
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
                        on_delete=django.db.models.deletion.CASCADE, related_name="auto_approvals", to="core.workspace"
                    ),
                ),
                ("engine", models.CharField(blank=True, help_text="Whose proposals, in words.", max_length=200)),
            ],
            options={
                "ordering": ["kind"],
                "constraints": [
                    models.UniqueConstraint(fields=("workspace", "kind"), name="autoapproval_kind_once"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["topic", "atom", "task"])), name="autoapproval_kind_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("threshold__gte", 0.85), ("threshold__lte", 1)),
                        name="autoapproval_threshold_in_range",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sample_rate__gte", 0.01), ("sample_rate__lte", 1)),
                        name="autoapproval_sample_in_range",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedFilter",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60)),
                ("query", models.TextField()),
                ("saved_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_filters",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="saved_filters", to="core.workspace"
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(fields=("workspace", "user", "name"), name="savedfilter_name_once")
                ],
            },
        ),
        migrations.CreateModel(
            name="Duty",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "turn",
                    models.CharField(
                        choices=[("day", "a day each"), ("week", "a week each")], default="week", max_length=4
                    ),
                ),
                (
                    "weekdays_only",
                    models.BooleanField(default=True, help_text="Nobody is on duty on Saturday and Sunday."),
                ),
                ("starts_on", models.DateField()),
                ("digest_at", models.TimeField(default=datetime.time(8, 45))),
                ("is_active", models.BooleanField(default=True)),
                (
                    "workspace",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="duty", to="core.workspace"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "duties",
                "constraints": [
                    models.CheckConstraint(condition=models.Q(("turn__in", ["day", "week"])), name="duty_turn_known")
                ],
            },
        ),
        migrations.CreateModel(
            name="Digest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                ("attempt", models.PositiveSmallIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField()),
                ("by_mail", models.BooleanField(default=False)),
                ("by_telegram", models.BooleanField(default=False)),
                ("error", models.CharField(blank=True, max_length=300)),
                ("sent_at", models.DateTimeField(null=True)),
                ("gave_up_at", models.DateTimeField(null=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="digests", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="digests", to="core.workspace"
                    ),
                ),
            ],
            options={
                "ordering": ["-day", "-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("gave_up_at", None), ("sent_at", None)),
                        fields=["next_attempt_at"],
                        name="digest_waiting",
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("workspace", "day"), name="digest_once_a_day")],
            },
        ),
        migrations.CreateModel(
            name="Intake",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("proposed", "Proposed"),
                            ("repeated", "added to a proposal that was waiting"),
                            ("remembered", "kept away: rejected before"),
                            ("known", "nothing new about something approved"),
                        ],
                        max_length=12,
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "finding",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="intake", to="analysis.finding"
                    ),
                ),
                (
                    "proposal",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="intakes",
                        to="proposals.proposal",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Evidence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "finding",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="analysis.finding"
                    ),
                ),
                (
                    "quote",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="evidence", to="ingestion.quote"
                    ),
                ),
                (
                    "proposal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="evidence", to="proposals.proposal"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "evidence",
                "ordering": ["id"],
                "constraints": [models.UniqueConstraint(fields=("proposal", "quote"), name="evidence_once")],
            },
        ),
        migrations.CreateModel(
            name="ReviewAction",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "verb",
                    models.CharField(
                        choices=[
                            ("approve", "Approve"),
                            ("reject", "Reject"),
                            ("merge", "Merge"),
                            ("snooze", "Snooze"),
                            ("edit", "Edit"),
                            ("supersede", "Supersede"),
                        ],
                        max_length=10,
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now)),
                ("batch", models.UUIDField(db_index=True, default=uuid.uuid4)),
                ("edited", models.BooleanField(default=False, help_text="A person changed what the model had filled.")),
                ("changes", models.JSONField(default=list)),
                ("undone_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="review_actions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "proposal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="actions", to="proposals.proposal"
                    ),
                ),
                (
                    "undone_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="undone_actions",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="review_actions", to="core.workspace"
                    ),
                ),
                ("auto", models.BooleanField(default=False, help_text="Done by a policy; nobody looked at it.")),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [models.Index(fields=["workspace", "-id"], name="reviewaction_list")],
            },
        ),
        migrations.CreateModel(
            name="DutyPlace",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("away_until", models.DateField(blank=True, null=True)),
                (
                    "duty",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="places", to="proposals.duty"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="duty_places",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["position", "id"],
                "constraints": [models.UniqueConstraint(fields=("duty", "user"), name="dutyplace_person_once")],
            },
        ),
        migrations.CreateModel(
            name="ShownProposal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("chat_id", models.CharField(max_length=40)),
                ("message_id", models.BigIntegerField()),
                (
                    "told",
                    models.CharField(
                        default="pending", help_text="What the message says of the proposal.", max_length=15
                    ),
                ),
                ("shown_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "bot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="ingestion.source"
                    ),
                ),
                (
                    "proposal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="shown", to="proposals.proposal"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(fields=("bot", "chat_id", "message_id"), name="shownproposal_once")
                ],
            },
        ),
    ]
