"""All of 0001 to 0005 in one step, each table whole: a new database has its tables in a third of the time.

Databases that took the steps one by one are recorded as here.
"""

import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("analysis", "0001_initial"),
        ("analysis", "0002_initial"),
        ("analysis", "0003_agent_versions"),
        ("analysis", "0004_spending_caps_and_schedules"),
        ("analysis", "0005_run_project_versions"),
    ]

    initial = True

    dependencies = [
        ("core", "0001_squashed_0005_accounts"),
        ("ingestion", "0001_squashed_0007_people"),
        ("knowledge", "0001_squashed_0004_tasks_by_urgency"),
    ]

    operations = [
        migrations.CreateModel(
            name="Provider",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "uid",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, help_text="Binds the key to this row.", unique=True
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("offline", "Offline"),
                            ("ollama", "Ollama"),
                            ("openai", "Openai"),
                            ("anthropic", "Anthropic"),
                            ("gemini", "Gemini"),
                            ("mistral", "Mistral"),
                            ("openrouter", "Openrouter"),
                            ("azure", "Azure"),
                            ("openai-compatible", "OpenAI-compatible"),
                        ],
                        max_length=20,
                    ),
                ),
                ("base_url", models.URLField(blank=True, max_length=300)),
                ("sealed_api_key", models.TextField(blank=True, editable=False)),
                ("default_model", models.CharField(blank=True, max_length=200)),
                (
                    "context_tokens",
                    models.PositiveIntegerField(default=8192, help_text="What the model can read at once."),
                ),
                ("concurrency", models.PositiveSmallIntegerField(default=2, help_text="Calls at the same time.")),
                ("timeout_seconds", models.PositiveSmallIntegerField(default=120)),
                ("local", models.BooleanField(default=False, help_text="Runs on hardware of your own.")),
                ("is_active", models.BooleanField(default=True)),
                ("is_default", models.BooleanField(default=False)),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="providers", to="core.workspace"
                    ),
                ),
                ("requests_per_minute", models.PositiveIntegerField(default=0, help_text="0: no limit.")),
                ("tokens_per_minute", models.PositiveIntegerField(default=0, help_text="0: no limit.")),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(fields=("workspace", "name"), name="provider_name_once"),
                    models.UniqueConstraint(
                        condition=models.Q(("is_default", True)), fields=("workspace",), name="provider_default_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                [
                                    "offline",
                                    "ollama",
                                    "openai",
                                    "anthropic",
                                    "gemini",
                                    "mistral",
                                    "openrouter",
                                    "azure",
                                    "openai-compatible",
                                ],
                            )
                        ),
                        name="provider_kind_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TaskConfig",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("name", models.CharField(max_length=120)),
                ("schema", models.JSONField(default=dict)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "project",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="task_configs",
                        to="knowledge.project",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="task_configs", to="core.workspace"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("workspace", "name"), name="taskconfig_name_once")],
            },
        ),
        migrations.CreateModel(
            name="SpendingCap",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("calls", models.PositiveIntegerField(blank=True, null=True)),
                ("tokens", models.PositiveBigIntegerField(blank=True, help_text="In and out.", null=True)),
                ("cost", models.DecimalField(blank=True, decimal_places=4, help_text="USD.", max_digits=10, null=True)),
                (
                    "workspace",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="spending_cap", to="core.workspace"
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Agent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("name", models.CharField(max_length=120)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("score_noise", "Score Noise"),
                            ("classify", "Classify"),
                            ("extract_knowledge", "Extract Knowledge"),
                            ("propose_tasks", "Propose Tasks"),
                            ("judge_same", "Judge Same"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "model",
                    models.CharField(blank=True, help_text="Empty: the provider's default model.", max_length=200),
                ),
                ("temperature", models.FloatField(default=0.0)),
                ("max_tokens", models.PositiveIntegerField(default=4000)),
                ("instructions", models.TextField(blank=True)),
                ("version", models.PositiveIntegerField(default=1)),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="agents", to="core.workspace"
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="agents", to="analysis.provider"
                    ),
                ),
                (
                    "fallbacks",
                    models.JSONField(
                        blank=True, default=list, help_text="Ids of providers to ask next, in this order."
                    ),
                ),
                (
                    "language",
                    models.CharField(blank=True, help_text="Such as en; empty: the project's.", max_length=10),
                ),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(fields=("workspace", "name"), name="agent_name_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "purpose__in",
                                ["score_noise", "classify", "extract_knowledge", "propose_tasks", "judge_same"],
                            )
                        ),
                        name="agent_purpose_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AnalysisRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("stage", models.CharField(choices=[("knowledge", "Knowledge"), ("tasks", "Tasks")], max_length=10)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("running", "Running"),
                            ("paused", "Paused"),
                            ("cancelling", "Cancelling"),
                            ("cancelled", "Cancelled"),
                            ("completed", "Completed"),
                            ("partial", "Partial"),
                            ("failed", "Failed"),
                            ("reviewed", "Reviewed"),
                            ("closed", "Closed"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, help_text="Why paused: budget, provider.", max_length=20)),
                ("since", models.DateTimeField(blank=True, null=True)),
                ("until", models.DateTimeField(blank=True, null=True)),
                ("agent_version", models.PositiveIntegerField(null=True)),
                ("prompt_version", models.CharField(blank=True, max_length=20)),
                ("caps", models.JSONField(blank=True, default=dict)),
                ("forecast", models.JSONField(blank=True, default=dict)),
                (
                    "plan",
                    models.JSONField(
                        blank=True, default=dict, help_text="What the offline engine learnt from the whole run."
                    ),
                ),
                ("error", models.CharField(blank=True, max_length=500)),
                ("planned_at", models.DateTimeField(blank=True, help_text="When its windows were made.", null=True)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "agent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="runs",
                        to="analysis.agent",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="ingestion.source",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="runs", to="core.workspace"
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="runs", to="analysis.provider"
                    ),
                ),
                (
                    "accuracy",
                    models.JSONField(
                        blank=True, default=dict, help_text="What people decided, as it was at the close."
                    ),
                ),
                (
                    "project_versions",
                    models.JSONField(
                        blank=True,
                        help_text="The version of each project that it works with, by the project's id.",
                        null=True,
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["workspace", "-id"], name="run_list"),
                    models.Index(
                        condition=models.Q(("status__in", ["running", "cancelling", "paused"])),
                        fields=["id"],
                        name="run_live",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("stage__in", ["knowledge", "tasks"])), name="run_stage_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                [
                                    "pending",
                                    "running",
                                    "paused",
                                    "cancelling",
                                    "cancelled",
                                    "completed",
                                    "partial",
                                    "failed",
                                    "reviewed",
                                    "closed",
                                ],
                            )
                        ),
                        name="run_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("finished_at__isnull", True),
                                ("status__in", ["pending", "running", "paused", "cancelling"]),
                            ),
                            models.Q(
                                ("finished_at__isnull", False),
                                ("status__in", ["cancelled", "completed", "partial", "failed", "reviewed", "closed"]),
                            ),
                            _connector="OR",
                        ),
                        name="run_finished_at_iff_ended",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Assignment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("score_noise", "Score Noise"),
                            ("classify", "Classify"),
                            ("extract_knowledge", "Extract Knowledge"),
                            ("propose_tasks", "Propose Tasks"),
                            ("judge_same", "Judge Same"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="assignments", to="analysis.agent"
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="assignments",
                        to="knowledge.project",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="assignments", to="core.workspace"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace", "purpose", "project"), name="assignment_once", nulls_distinct=False
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "purpose__in",
                                ["score_noise", "classify", "extract_knowledge", "propose_tasks", "judge_same"],
                            )
                        ),
                        name="assignment_purpose_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="AgentVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("name", models.CharField(max_length=120)),
                (
                    "purpose",
                    models.CharField(
                        choices=[
                            ("score_noise", "Score Noise"),
                            ("classify", "Classify"),
                            ("extract_knowledge", "Extract Knowledge"),
                            ("propose_tasks", "Propose Tasks"),
                            ("judge_same", "Judge Same"),
                        ],
                        max_length=20,
                    ),
                ),
                ("provider_name", models.CharField(max_length=120)),
                ("fallbacks", models.JSONField(default=list)),
                ("model", models.CharField(blank=True, max_length=200)),
                ("temperature", models.FloatField()),
                ("max_tokens", models.PositiveIntegerField()),
                ("instructions", models.TextField(blank=True)),
                ("language", models.CharField(blank=True, max_length=10)),
                ("at", models.DateTimeField()),
                (
                    "agent",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="versions", to="analysis.agent"
                    ),
                ),
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
                    "provider",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="analysis.provider",
                    ),
                ),
            ],
            options={
                "ordering": ["-number"],
                "constraints": [models.UniqueConstraint(fields=("agent", "number"), name="agentversion_once")],
            },
        ),
        migrations.CreateModel(
            name="Window",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ordinal", models.PositiveIntegerField()),
                ("thread", models.CharField(blank=True, max_length=255)),
                ("starts_at", models.DateTimeField(null=True)),
                ("tokens", models.PositiveIntegerField(default=0)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("attempt", models.PositiveIntegerField(default=0)),
                ("losses", models.PositiveSmallIntegerField(default=0)),
                ("pack", models.PositiveIntegerField(default=0, help_text="How many windows were claimed together.")),
                ("suspect", models.BooleanField(default=False)),
                ("claimed_by", models.CharField(blank=True, max_length=120)),
                ("lease_until", models.DateTimeField(null=True)),
                ("next_attempt_at", models.DateTimeField(null=True)),
                ("error", models.CharField(blank=True, max_length=500)),
                (
                    "dropped",
                    models.PositiveIntegerField(default=0, help_text="Items or references that the check refused."),
                ),
                ("duration_ms", models.PositiveIntegerField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("atoms", models.ManyToManyField(blank=True, related_name="windows", to="knowledge.atom")),
                (
                    "channel",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="ingestion.channel"
                    ),
                ),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="windows", to="analysis.analysisrun"
                    ),
                ),
            ],
            options={
                "ordering": ["ordinal"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status", "waiting")), fields=["run", "ordinal"], name="window_claim"
                    ),
                    models.Index(
                        condition=models.Q(("status", "running")), fields=["lease_until"], name="window_leases"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("run", "ordinal"), name="window_ordinal_once"),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["waiting", "running", "done", "failed"])),
                        name="window_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("lease_until__isnull", False), ("status", "running")),
                            models.Q(models.Q(("status", "running"), _negated=True), ("lease_until__isnull", True)),
                            _connector="OR",
                        ),
                        name="window_lease_iff_running",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Schedule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("name", models.CharField(max_length=120)),
                (
                    "stage",
                    models.CharField(
                        choices=[("knowledge", "Knowledge"), ("tasks", "Tasks")], default="knowledge", max_length=10
                    ),
                ),
                (
                    "cron",
                    models.CharField(
                        blank=True, help_text="Minute, hour, day, month, weekday: 0 7 * * 1-5", max_length=100
                    ),
                ),
                (
                    "at_least",
                    models.PositiveIntegerField(
                        blank=True, help_text="Start when so many new messages wait.", null=True
                    ),
                ),
                ("is_active", models.BooleanField(default=True)),
                ("next_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("last_error", models.CharField(blank=True, editable=False, max_length=300)),
                (
                    "last_run",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="analysis.analysisrun",
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="analysis.provider",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="ingestion.source",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="schedules", to="core.workspace"
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "indexes": [
                    models.Index(condition=models.Q(("is_active", True)), fields=["next_at"], name="schedule_due")
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("workspace", "name"), name="schedule_name_once"),
                    models.CheckConstraint(
                        condition=models.Q(("stage__in", ["knowledge", "tasks"])), name="schedule_stage_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("cron", ""), _negated=True), ("at_least__isnull", False), _connector="OR"
                        ),
                        name="schedule_has_an_occasion",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Finding",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("ordinal", models.PositiveSmallIntegerField()),
                (
                    "kind",
                    models.CharField(choices=[("topic", "Topic"), ("atom", "Atom"), ("task", "Task")], max_length=10),
                ),
                ("payload", models.JSONField()),
                ("title", models.CharField(max_length=200)),
                ("fingerprint", models.CharField(max_length=64)),
                ("confidence", models.FloatField()),
                ("reasoning", models.TextField(blank=True)),
                ("unproven", models.BooleanField(default=False, help_text="No quote survived the check.")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("quotes", models.ManyToManyField(blank=True, related_name="findings", to="ingestion.quote")),
                (
                    "run",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="findings", to="analysis.analysisrun"
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="core.workspace"
                    ),
                ),
                (
                    "window",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="findings", to="analysis.window"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.UniqueConstraint(fields=("window", "ordinal"), name="finding_once"),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["topic", "atom", "task"])), name="finding_kind_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("confidence__gte", 0), ("confidence__lte", 1)),
                        name="finding_confidence_in_range",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="WindowMessage",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField()),
                ("context", models.BooleanField(default=False)),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="places", to="ingestion.message"
                    ),
                ),
                (
                    "window",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="places", to="analysis.window"
                    ),
                ),
            ],
            options={
                "ordering": ["position"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("context", False)), fields=["message"], name="windowmessage_extracted"
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("window", "message"), name="windowmessage_once")],
            },
        ),
    ]
