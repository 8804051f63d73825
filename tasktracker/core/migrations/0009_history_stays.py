"""History is not removed either: neither row by row, nor with a whole table."""

from django.db import migrations

# A row of history goes with what it belongs to, and in no other way. Asked when the transaction ends: Django removes
# the rows first and what they belong to afterwards. Arguments: the table of what it belongs to, the column of its id.
GONE = """
CREATE FUNCTION core_goes_along() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    stays boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT 1 FROM %I WHERE id = ($1 ->> $2)::bigint)', TG_ARGV[0])
       INTO stays USING to_jsonb(OLD), TG_ARGV[1];
    IF stays THEN
        RAISE EXCEPTION 'a row of % is never removed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END
$$
"""
# TRUNCATE passes the triggers of rows by, so nothing of it would be in the log.
EMPTIED = """
CREATE FUNCTION core_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the table % is never emptied at once', TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', HINT = 'DELETE writes what goes into the audit log.';
END
$$
"""
# History: what its rows belong to. Those of projects and of the log itself are sealed since 0006.
BELONGS = {
    "core_statuschange": ("core_workspace", "workspace_id"),
    "analysis_agentversion": ("analysis_agent", "agent_id"),
    "proposals_reviewaction": ("proposals_proposal", "proposal_id"),
    "knowledge_edit": ("core_workspace", "workspace_id"),
}
# What the log is about, and what it is read beside.
AUDITED = (
    "core_workspace",
    "core_membership",
    "core_invitation",
    "core_apitoken",
    "ingestion_source",
    "knowledge_project",
    "knowledge_projectversion",
    "knowledge_topic",
    "knowledge_atom",
    "knowledge_task",
    "analysis_provider",
    "analysis_agent",
    "analysis_assignment",
    "analysis_taskconfig",
    "analysis_schedule",
    "analysis_spendingcap",
    "analysis_analysisrun",
    "proposals_proposal",
    "proposals_autoapproval",
)


def triggers() -> tuple[str, ...]:
    """Every trigger; the names are those of 0006."""
    return (
        *(
            f"CREATE CONSTRAINT TRIGGER seal AFTER DELETE ON {table} DEFERRABLE INITIALLY DEFERRED"
            f" FOR EACH ROW EXECUTE FUNCTION core_goes_along({', '.join(map(repr, arguments))})"
            for table, arguments in BELONGS.items()
        ),
        *(
            f"CREATE TRIGGER seal_all BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION core_refuse_truncate()"
            for table in (*BELONGS, *AUDITED)
        ),
        # An edit is taken back, and the words of a message that was deleted are taken out of it.
        "CREATE TRIGGER history BEFORE UPDATE ON knowledge_edit FOR EACH ROW"
        " EXECUTE FUNCTION core_keep_history('undone_at,undone_by_id,changes,fields')",
    )


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0008_own_keys"),
        ("knowledge", "0003_edits"),
        ("analysis", "0005_run_project_versions"),
        ("proposals", "0005_judged"),
    ]

    operations = [
        migrations.RunSQL(GONE, "DROP FUNCTION core_goes_along CASCADE"),
        migrations.RunSQL(EMPTIED, "DROP FUNCTION core_refuse_truncate CASCADE"),
        migrations.RunSQL(triggers(), "DROP TRIGGER history ON knowledge_edit"),
    ]
