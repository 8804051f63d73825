"""Slack's markup as a reader sees it: events and exports say the same words."""

import pytest

from ingestion.slack_text import plain_text

USERS = {"U1": "Ann", "U2": "Bob"}
CHANNELS = {"C1": "dev"}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("", ""),
        ("nothing to do: a > b", "nothing to do: a > b"),
        ("<@U1> and <@U2|robert>", "@Ann and @Bob"),
        ("<@U9|carl> or <@U9>", "@carl or @U9"),
        ("see <#C1>, <#C9|ops>, <#C9>", "see #dev, #ops, #C9"),
        ("<!here> <!channel> <!everyone>", "@here @channel @everyone"),
        ("<!subteam^S1|@team> <!subteam^S1>", "@team @S1"),
        ("<!date^1392734382^{date}|Feb 18, 2014>", "Feb 18, 2014"),
        ("<https://e.x/a?b=1&amp;c=2>", "https://e.x/a?b=1&c=2"),
        ("<https://e.x/a|the page>", "the page (https://e.x/a)"),
        ("<http://e.x|e.x>", "e.x"),
        ("<https://e.x/|https://e.x>", "https://e.x/"),
        ("<mailto:a@e.x|a@e.x> <tel:+49123|+49123> <mailto:a@e.x|Ann>", "a@e.x +49123 Ann (a@e.x)"),
        ("fixed in &lt;main&gt; &amp; released", "fixed in <main> & released"),
        ("once only: &amp;lt;b&amp;gt;", "once only: &lt;b&gt;"),
        ("&lt;@U1&gt; was typed", "<@U1> was typed"),
        ("*bold* ~gone~ `code &lt;x&gt;`", "*bold* ~gone~ `code <x>`"),
        ("open < and <\nno end", "open < and <\nno end"),
        ("<> <|> <@>", "<>  @"),
    ],
)
def test_markup_becomes_what_a_reader_sees(given: str, shown: str) -> None:
    assert plain_text(given, users=USERS, channels=CHANNELS) == shown


def test_a_name_with_markup_in_it_is_not_read_again() -> None:
    assert plain_text("<@U1>", users={"U1": "<@U2> &amp;"}, channels={}) == "@<@U2> &amp;"
