"""All of 0001 to 0007 in one step, each table whole: a new database has its tables in a third of the time.

Databases that took the steps one by one are recorded as here.
"""

import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    replaces = [
        ("ingestion", "0001_initial"),
        ("ingestion", "0002_message_deleted"),
        ("ingestion", "0003_source_readers"),
        ("ingestion", "0004_source_upkeep"),
        ("ingestion", "0005_bots"),
        ("ingestion", "0006_uploads"),
        ("ingestion", "0007_people"),
    ]

    initial = True

    dependencies = [
        ("core", "0001_squashed_0005_accounts"),
    ]

    operations = [
        migrations.CreateModel(
            name="Channel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("platform", models.CharField(max_length=20)),
                ("external_id", models.CharField(max_length=255)),
                ("title", models.CharField(max_length=255)),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="channels", to="core.workspace"
                    ),
                ),
            ],
            options={
                "ordering": ["title"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace", "platform", "external_id"), name="channel_identity_once"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Participant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("platform", models.CharField(max_length=20)),
                ("external_id", models.CharField(max_length=255)),
                ("name", models.CharField(max_length=255)),
                ("is_bot", models.BooleanField(default=False)),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="participants",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="participants", to="core.workspace"
                    ),
                ),
                ("erased_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "same_as",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="others",
                        to="ingestion.participant",
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "indexes": [models.Index(fields=["workspace", "name", "id"], name="participant_by_name")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace", "platform", "external_id"), name="participant_identity_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("same_as", models.F("id")), _negated=True),
                        name="participant_not_same_as_itself",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Source",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "uid",
                    models.UUIDField(
                        default=uuid.uuid4, editable=False, help_text="Binds the secret to this row.", unique=True
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("telegram", "Telegram"),
                            ("slack", "Slack"),
                            ("email", "Email"),
                            ("webhook", "Webhook"),
                            ("discord", "Discord"),
                            ("mattermost", "Mattermost"),
                            ("import", "Import"),
                            ("api", "Api"),
                        ],
                        max_length=20,
                    ),
                ),
                ("config", models.JSONField(blank=True, default=dict)),
                ("sealed_secret", models.TextField(blank=True, editable=False)),
                ("is_active", models.BooleanField(default=True)),
                (
                    "local_only",
                    models.BooleanField(default=False, help_text="Its messages never reach a remote model."),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="sources", to="core.workspace"
                    ),
                ),
                (
                    "readers",
                    models.ManyToManyField(blank=True, related_name="readable_sources", to=settings.AUTH_USER_MODEL),
                ),
                (
                    "restricted",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="Only its readers, and managers, see its messages and what rests on them alone.",
                    ),
                ),
                (
                    "filters",
                    models.JSONField(
                        blank=True,
                        db_default={},
                        default=dict,
                        help_text="Which channels, authors and patterns are taken or left out.",
                    ),
                ),
                ("last_error", models.CharField(blank=True, db_default="", default="", editable=False, max_length=300)),
                ("last_error_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("previous_secret_until", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "retention_days",
                    models.PositiveIntegerField(
                        blank=True, help_text="Messages older than this are deleted; empty: they are kept.", null=True
                    ),
                ),
                ("sealed_previous_secret", models.TextField(blank=True, db_default="", default="", editable=False)),
                (
                    "state",
                    models.JSONField(
                        blank=True,
                        db_default={},
                        default=dict,
                        editable=False,
                        help_text="What a poller remembers: its position.",
                    ),
                ),
            ],
            options={
                "ordering": ["name"],
                "constraints": [
                    models.UniqueConstraint(fields=("workspace", "name"), name="source_name_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "kind__in",
                                ["telegram", "slack", "email", "webhook", "discord", "mattermost", "import", "api"],
                            )
                        ),
                        name="source_kind_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="LinkCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.CharField(editable=False, max_length=64, unique=True)),
                ("purpose", models.CharField(choices=[("person", "my account"), ("chat", "a chat")], max_length=10)),
                ("made_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("expires_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(editable=False, null=True)),
                (
                    "made_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="link_codes",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="link_codes", to="core.workspace"
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("purpose__in", ["person", "chat"])), name="linkcode_for_known"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("participants", models.JSONField(default=list, help_text="Ids of their accounts.")),
                ("sealed_names", models.TextField(blank=True, editable=False)),
                ("expected", models.JSONField(default=dict)),
                ("counts", models.JSONField(default=dict)),
                ("finished_at", models.DateTimeField(editable=False, null=True)),
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
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="erasures", to="core.workspace"
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(condition=models.Q(("finished_at", None)), fields=["id"], name="erasure_at_work")
                ],
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("external_id", models.CharField(max_length=255)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("message", "Message"),
                            ("service", "Service"),
                            ("sticker", "Sticker"),
                            ("media", "Media"),
                            ("poll", "Poll"),
                        ],
                        default="message",
                        max_length=10,
                    ),
                ),
                ("text", models.TextField(blank=True)),
                ("sent_at", models.DateTimeField()),
                ("edited_at", models.DateTimeField(blank=True, null=True)),
                ("deleted_at", models.DateTimeField(blank=True, null=True)),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "reply_to",
                    models.CharField(blank=True, help_text="External id of the message answered to.", max_length=255),
                ),
                ("thread", models.CharField(blank=True, help_text="External id of the thread's root.", max_length=255)),
                ("thread_title", models.CharField(blank=True, max_length=255)),
                ("forwarded_from", models.CharField(blank=True, max_length=255)),
                (
                    "is_own",
                    models.BooleanField(
                        default=False, help_text="Posted by this product's own bot: never extracted from."
                    ),
                ),
                (
                    "verdict",
                    models.CharField(
                        choices=[("noise", "Noise"), ("weak", "Weak"), ("signal", "Signal")],
                        default="weak",
                        max_length=10,
                    ),
                ),
                ("verdict_reason", models.CharField(blank=True, max_length=40)),
                ("verdict_score", models.FloatField(default=0.5)),
                (
                    "verdict_by",
                    models.CharField(
                        choices=[("rule", "Rule"), ("model", "Model"), ("person", "Person")],
                        default="rule",
                        max_length=10,
                    ),
                ),
                (
                    "category",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("bug", "Bug"),
                            ("feature", "Feature"),
                            ("question", "Question"),
                            ("task", "Task"),
                            ("decision", "Decision"),
                            ("discussion", "Discussion"),
                            ("noise", "Noise"),
                        ],
                        max_length=12,
                    ),
                ),
                ("metadata", models.JSONField(blank=True, default=dict)),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="messages", to="ingestion.channel"
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="messages", to="core.workspace"
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="messages",
                        to="ingestion.participant",
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="messages", to="ingestion.source"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["workspace", "-sent_at", "-id"], name="message_list"),
                    models.Index(fields=["channel", "sent_at", "id"], name="message_in_channel"),
                    models.Index(fields=["author", "-sent_at"], name="message_by_author"),
                    models.Index(fields=["source", "-sent_at", "-id"], name="message_by_source"),
                    django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.search.SearchVector("text", config="simple"), name="message_fulltext"
                    ),
                    models.Index(
                        condition=models.Q(("deleted_at__isnull", False)), fields=["id"], name="message_deleted"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("channel", "external_id"), name="message_identity_once"),
                    models.CheckConstraint(
                        condition=models.Q(("verdict__in", ["noise", "weak", "signal"])), name="message_verdict_known"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("edited_at__isnull", True), ("edited_at__gte", models.F("sent_at")), _connector="OR"
                        ),
                        name="message_edited_after_sent",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("external_id", models.CharField(max_length=255)),
                ("raw", models.BinaryField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("processed", "Processed"),
                            ("ignored", "Ignored"),
                            ("unclaimed", "from a chat that belongs to no workspace yet"),
                            ("failed", "Failed"),
                        ],
                        default="received",
                        max_length=10,
                    ),
                ),
                ("attempts", models.SmallIntegerField(default=0)),
                ("error", models.CharField(blank=True, max_length=300)),
                ("received_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("processed_at", models.DateTimeField(null=True)),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="deliveries", to="ingestion.source"
                    ),
                ),
                ("heard_at", models.DateTimeField(editable=False, null=True)),
                (
                    "to_answer",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        editable=False,
                        help_text="A command or a pressed button, not yet heard.",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "ordering": ["id"],
                "indexes": [
                    models.Index(condition=models.Q(("status", "received")), fields=["id"], name="delivery_waiting"),
                    models.Index(
                        condition=models.Q(("to_answer", True)), fields=["source", "id"], name="delivery_to_answer"
                    ),
                    models.Index(fields=["source", "-id"], name="delivery_by_source"),
                    models.Index(
                        condition=models.Q(("status", "failed")), fields=["source", "-id"], name="delivery_failed"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("source", "external_id"), name="delivery_once"),
                    models.CheckConstraint(
                        condition=models.Q(("status__in", ["received", "processed", "ignored", "unclaimed", "failed"])),
                        name="delivery_status_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BotContact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("notify", models.BooleanField(default=True, help_text="Tell them what becomes of their messages.")),
                ("language", models.CharField(default="en", max_length=5)),
                ("stopped", models.CharField(blank=True, max_length=120)),
                ("since", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "bot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="contacts", to="ingestion.source"
                    ),
                ),
                (
                    "participant",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="contact", to="ingestion.participant"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="LinkedChat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("external_id", models.CharField(max_length=255)),
                ("title", models.CharField(blank=True, max_length=255)),
                ("linked_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "bot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="linked_chats", to="ingestion.source"
                    ),
                ),
                (
                    "linked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="ingestion.source"
                    ),
                ),
            ],
            options={
                "ordering": ["title", "id"],
                "constraints": [models.UniqueConstraint(fields=("bot", "external_id"), name="linkedchat_once")],
            },
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("source_name", models.CharField(max_length=120)),
                ("file_name", models.CharField(max_length=255)),
                ("stored", models.CharField(blank=True, editable=False, max_length=64)),
                ("size", models.BigIntegerField(help_text="Bytes of the whole file.")),
                ("received", models.BigIntegerField(default=0, help_text="Bytes that are here.")),
                ("format", models.CharField(default="auto", max_length=20)),
                ("options", models.JSONField(blank=True, default=dict)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("receiving", "Receiving"),
                            ("checking", "Checking"),
                            ("ready", "Ready"),
                            ("importing", "Importing"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="receiving",
                        max_length=10,
                    ),
                ),
                ("preview", models.JSONField(blank=True, default=dict)),
                ("counts", models.JSONField(blank=True, default=dict)),
                ("report", models.JSONField(blank=True, default=list)),
                ("error", models.CharField(blank=True, max_length=600)),
                ("position", models.BigIntegerField(default=0, help_text="Bytes that are read.")),
                ("attempt", models.IntegerField(default=0)),
                ("losses", models.IntegerField(default=0, help_text="How often whoever worked on it was gone.")),
                ("lease_until", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="uploads",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "source",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="uploads",
                        to="ingestion.source",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="uploads", to="core.workspace"
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("status__in", ["checking", "importing"])),
                        fields=["id"],
                        name="upload_at_work",
                    ),
                    models.Index(
                        condition=models.Q(("stored", ""), _negated=True),
                        fields=["updated_at"],
                        name="upload_with_file",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                ["receiving", "checking", "ready", "importing", "done", "failed", "cancelled"],
                            )
                        ),
                        name="upload_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("received__gte", 0), ("received__lte", models.F("size"))),
                        name="upload_fits",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NoiseLesson",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rule", models.CharField(max_length=30)),
                ("flips", models.IntegerField(default=0)),
                ("off_at", models.DateTimeField(null=True)),
                ("done_to", models.BigIntegerField(default=0)),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="ingestion.participant",
                    ),
                ),
                (
                    "taken_back_by",
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
                        on_delete=django.db.models.deletion.CASCADE, related_name="noise_lessons", to="core.workspace"
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "indexes": [
                    models.Index(condition=models.Q(("off_at__isnull", False)), fields=["id"], name="noiselesson_off")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace", "rule", "author"), name="noiselesson_once", nulls_distinct=False
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="PersonJoin",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("before", models.JSONField(default=dict)),
                ("at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("undone_at", models.DateTimeField(editable=False, null=True)),
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
                    "first",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="joins", to="ingestion.participant"
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="person_joins", to="core.workspace"
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="MessageRevision",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("text", models.TextField(blank=True)),
                ("edited_at", models.DateTimeField(null=True)),
                ("replaced_at", models.DateTimeField(default=django.utils.timezone.now)),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="revisions", to="ingestion.message"
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="Quote",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("start", models.IntegerField()),
                ("end", models.IntegerField()),
                ("text", models.TextField()),
                ("is_stale", models.BooleanField(default=False)),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="quotes", to="ingestion.message"
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="quotes", to="core.workspace"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("message", "start", "end", "text"), name="quote_once"),
                    models.CheckConstraint(
                        condition=models.Q(("start__gte", 0), ("end__gt", models.F("start"))), name="quote_has_extent"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="BotCall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("method", models.CharField(max_length=40)),
                (
                    "chat_id",
                    models.CharField(
                        blank=True, help_text="Empty: what is no message, and needs no pace.", max_length=40
                    ),
                ),
                ("params", models.JSONField(default=dict)),
                ("about", models.JSONField(default=dict, help_text="Ids of what it is about.")),
                ("key", models.CharField(max_length=120, null=True)),
                ("created_at", models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ("not_before", models.DateTimeField(default=django.utils.timezone.now)),
                ("taken_at", models.DateTimeField(null=True)),
                ("done_at", models.DateTimeField(null=True)),
                ("error", models.CharField(blank=True, max_length=300)),
                (
                    "bot",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="bot_calls", to="ingestion.source"
                    ),
                ),
                (
                    "contact",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="calls",
                        to="ingestion.botcontact",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("done_at", None), ("taken_at", None)),
                        fields=["bot", "id"],
                        name="botcall_waiting",
                    ),
                    models.Index(fields=["bot", "chat_id", "-created_at"], name="botcall_pace"),
                ],
                "constraints": [models.UniqueConstraint(fields=("bot", "key"), name="botcall_key_once")],
            },
        ),
    ]
