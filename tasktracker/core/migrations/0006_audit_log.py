"""The audit log, written by the database itself, and the guards of what must not change afterwards.

One log for every room, so the tables that it watches are named here, in one place: this runs after their apps' own.
"""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


# A change of a watched row, as {field: [before, after]}. Arguments: kind, fields whose values are never told, fields
# that are nobody's doing, fields that are told with every change. Who did it is what the application last said in
# this transaction (core/audit.py); nobody where it said nothing.
ROWS = """
CREATE FUNCTION core_audit_row() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    hidden text[] := string_to_array(TG_ARGV[1], ',');
    ignored text[] := string_to_array(TG_ARGV[2], ',') || '{id,workspace_id,created_at,updated_at}'::text[];
    told text[] := string_to_array(TG_ARGV[3], ',');
    was jsonb := CASE WHEN TG_OP = 'INSERT' THEN '{}'::jsonb ELSE to_jsonb(OLD) END;
    became jsonb := CASE WHEN TG_OP = 'DELETE' THEN '{}'::jsonb ELSE to_jsonb(NEW) END;
    whole jsonb := CASE WHEN TG_OP = 'DELETE' THEN was ELSE became END;
    changes jsonb;
BEGIN
    IF was - ignored = became - ignored THEN
        RETURN NULL;
    END IF;
    SELECT jsonb_object_agg(key, CASE WHEN key = ANY (hidden) THEN '"hidden"'::jsonb
                                      ELSE jsonb_build_array(was -> key, became -> key) END)
      INTO changes
      FROM jsonb_object_keys(whole - ignored) AS key
     WHERE key = ANY (told)
        OR coalesce(was -> key, 'null') <> coalesce(became -> key, 'null')
           AND (TG_OP = 'UPDATE' OR whole -> key NOT IN ('null', '""', '[]', '{}'));
    INSERT INTO core_auditentry (workspace_id, by_id, at, kind, object_id, verb, title, changes)
    VALUES (
        coalesce(whole ->> 'workspace_id', whole ->> 'id')::bigint,
        nullif(current_setting('tasktracker.actor', true), '')::bigint,
        clock_timestamp(),
        TG_ARGV[0],
        (whole ->> 'id')::bigint,
        CASE TG_OP WHEN 'INSERT' THEN 'added' WHEN 'UPDATE' THEN 'changed' ELSE 'removed' END,
        left(coalesce(whole ->> 'name', ''), 200),
        coalesce(changes, '{}')
    );
    RETURN NULL;
END
$$
"""
# A decision or an edit is a row that says itself who made it; taking it back is the row's one change that counts.
# The journal of what it wrote holds words of messages and is not copied.
DEEDS = """
CREATE FUNCTION core_audit_deed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    deed jsonb := CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
    details jsonb := '{}';
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.undone_at IS NOT NULL OR NEW.undone_at IS NULL) THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' THEN
        details := jsonb_build_object('verb', jsonb_build_array(deed -> 'verb', NULL));
    ELSIF deed -> 'auto' = 'true' THEN
        details := '{"auto": [null, true]}';
    END IF;
    INSERT INTO core_auditentry (workspace_id, by_id, at, kind, object_id, verb, title, changes)
    VALUES (
        (deed ->> 'workspace_id')::bigint,
        CASE TG_OP
            WHEN 'INSERT' THEN (deed ->> 'by_id')::bigint
            WHEN 'UPDATE' THEN (deed ->> 'undone_by_id')::bigint
            ELSE nullif(current_setting('tasktracker.actor', true), '')::bigint
        END,
        clock_timestamp(),
        coalesce(deed ->> 'kind', 'proposal'),
        coalesce(deed ->> 'object_id', deed ->> 'proposal_id')::bigint,
        CASE TG_OP WHEN 'INSERT' THEN deed ->> 'verb' WHEN 'UPDATE' THEN 'undo' ELSE 'removed' END,
        '',
        details
    );
    RETURN NULL;
END
$$
"""
# What people did to a run.
MOVES = """
CREATE FUNCTION core_audit_move() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO core_auditentry (workspace_id, by_id, at, kind, object_id, verb, title, changes)
    VALUES (NEW.workspace_id, NEW.by_id, clock_timestamp(), 'run', NEW.object_id, 'moved', '',
            jsonb_build_object('status', jsonb_build_array(NEW.from_status, NEW.to_status)));
    RETURN NULL;
END
$$
"""
# History stays as it was written. The argument names the columns that may change all the same; `by_id` may be
# emptied when an account goes.
KEPT = """
CREATE FUNCTION core_keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    free text[] := string_to_array(TG_ARGV[0], ',');
BEGIN
    IF to_jsonb(NEW) -> 'by_id' = 'null' THEN
        free := free || 'by_id'::text;
    END IF;
    IF to_jsonb(NEW) - free <> to_jsonb(OLD) - free THEN
        RAISE EXCEPTION 'a row of % is never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END
$$
"""
# Rows that go with what they belong to, by the cascade of the database, and in no other way.
SEALED = """
CREATE FUNCTION core_seal_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT 1 FROM core_workspace WHERE id = OLD.workspace_id) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the audit log is never changed' USING ERRCODE = 'restrict_violation';
END
$$;
CREATE FUNCTION core_seal_project_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM knowledge_project WHERE id = OLD.project_id) THEN
        RAISE EXCEPTION 'a version of a project is never removed' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END
$$
"""
# Table: kind, never told, nobody's doing, always told.
WATCHED = {
    "core_workspace": ("workspace", "", "", ""),
    "core_membership": ("member", "", "", "user_id"),
    "core_invitation": ("invitation", "digest,email", "", "role"),
    "core_apitoken": ("token", "digest", "last_used_at", "user_id,hint"),
    "ingestion_source": ("source", "sealed_secret,config", "uid", ""),
    "knowledge_project": ("project", "", "", ""),
    "analysis_provider": ("provider", "sealed_api_key", "uid", ""),
    "analysis_agent": ("agent", "", "", ""),
    "analysis_assignment": ("assignment", "", "", "purpose"),
    "analysis_taskconfig": ("task_config", "", "", ""),
    "analysis_schedule": ("schedule", "", "next_at,last_run_id,last_error", ""),
    "analysis_spendingcap": ("cap", "", "", ""),
    "proposals_autoapproval": ("policy", "", "set_at,stopped_at", "kind"),
}
# Table: the columns that may change all the same.
HISTORIES = {
    "core_statuschange": "",
    "knowledge_projectversion": "",
    "analysis_agentversion": "provider_id",
    # a decision is taken back, and the words of a message that was deleted are taken out of its journal
    "proposals_reviewaction": "undone_at,undone_by_id,changes",
}
FUNCTIONS = (
    "core_audit_row",
    "core_audit_deed",
    "core_audit_move",
    "core_keep_history",
    "core_seal_audit",
    "core_seal_project_version",
)


def triggers() -> list[str]:
    """Every trigger. A workspace that goes takes its log along, so that is not told in it."""
    made = [
        f"CREATE TRIGGER audit AFTER INSERT OR UPDATE{' OR DELETE' if table != 'core_workspace' else ''} ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION core_audit_row({', '.join(map(repr, arguments))})"
        for table, arguments in WATCHED.items()
    ]
    made += [
        f"CREATE TRIGGER audit AFTER INSERT OR UPDATE OF undone_at OR DELETE ON {table}"
        " FOR EACH ROW EXECUTE FUNCTION core_audit_deed()"
        for table in ("proposals_reviewaction", "knowledge_edit")
    ]
    made += [
        f"CREATE TRIGGER history BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION core_keep_history({columns!r})"
        for table, columns in HISTORIES.items()
    ]
    return [
        *made,
        "CREATE TRIGGER audit AFTER INSERT ON core_statuschange FOR EACH ROW"
        " WHEN (NEW.by_id IS NOT NULL AND NEW.kind = 'analysis.analysisrun') EXECUTE FUNCTION core_audit_move()",
        "CREATE TRIGGER seal BEFORE UPDATE OR DELETE ON core_auditentry"
        " FOR EACH ROW EXECUTE FUNCTION core_seal_audit()",
        "CREATE TRIGGER seal_all BEFORE TRUNCATE ON core_auditentry"
        " FOR EACH STATEMENT EXECUTE FUNCTION core_seal_audit()",
        "CREATE TRIGGER seal BEFORE DELETE ON knowledge_projectversion"
        " FOR EACH ROW EXECUTE FUNCTION core_seal_project_version()",
        "ALTER TABLE core_auditentry ADD CONSTRAINT auditentry_of_workspace"
        " FOREIGN KEY (workspace_id) REFERENCES core_workspace (id) ON DELETE CASCADE",
    ]


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0005_accounts"),
        ("ingestion", "0001_initial"),
        ("knowledge", "0003_edits"),
        ("analysis", "0005_run_project_versions"),
        ("proposals", "0005_judged"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("kind", models.CharField(max_length=20)),
                ("object_id", models.BigIntegerField()),
                ("verb", models.CharField(max_length=10)),
                (
                    "title",
                    models.CharField(help_text="The object's name at the time, where it has one.", max_length=200),
                ),
                ("changes", models.JSONField(default=dict)),
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
                    "workspace",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="audit_entries",
                        to="core.workspace",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "audit entries",
                "ordering": ["-id"],
                "indexes": [
                    models.Index(fields=["workspace", "-id"], name="auditentry_list"),
                    models.Index(fields=["workspace", "kind", "object_id", "-id"], name="auditentry_of_object"),
                    models.Index(fields=["workspace", "by", "-id"], name="auditentry_by"),
                ],
            },
        ),
        *(migrations.RunSQL(sql, migrations.RunSQL.noop) for sql in (ROWS, DEEDS, MOVES, KEPT, SEALED)),
        migrations.RunSQL(triggers(), f"DROP FUNCTION {', '.join(FUNCTIONS)} CASCADE"),
    ]
