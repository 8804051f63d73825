import logging

from django.db import migrations

from ingestion import substrings

log = logging.getLogger(__name__)


def make_index(apps, schema_editor):
    """Extension and index where the server has them to give; whatever it says, the upgrade goes on.

    `manage.py doctor` tells what came of it: most servers have none, and their first start need not begin with that.
    """
    log.debug(substrings.ensure(using=schema_editor.connection.alias, upgrading=True).told)


def drop_index(apps, schema_editor):
    substrings.drop(using=schema_editor.connection.alias)


class Migration(migrations.Migration):
    atomic = False  # the index is made beside the writers

    dependencies = [("ingestion", "0007_people")]

    operations = [migrations.RunPython(make_index, drop_index, elidable=True)]
