"""Measuring an engine on labelled rows: what was found against what is true, without a database."""
