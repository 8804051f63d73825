"""What the pages are made of: icons, badges, confidence, spark lines, passages, short texts. Escapes everything."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from django import template
from django.template import Context
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tasktracker.core import keys
from tasktracker.core.enums import Tier

register = template.Library()

KIND_LETTERS = {"topic": "T", "atom": "A", "task": "K", "message": "M"}
SEGMENTS = 5
SPARK_WIDTH, SPARK_HEIGHT = 84, 28


@register.simple_tag
def icon(name: str) -> SafeString:
    """A drawing of icons.svg, silent for screen readers: the words stand beside it."""
    return format_html(
        '<svg class="icon" width="16" height="16" aria-hidden="true"><use href="{}#{}"/></svg>',
        static("icons.svg"),
        name,
    )


@register.simple_tag(takes_context=True)
def key(context: Context, name: str, shift: str = "") -> SafeString | str:
    """The reader's own key for an action, as it is drawn; nothing where they have given it to another one."""
    code = context["here"].keys[name] if "here" in context else keys.ACTIONS[name].code
    return format_html("<kbd>{}{}</kbd>", shift, keys.name_of(code)) if code else ""


@register.simple_tag
def kind(name: str, said: str = "") -> SafeString:
    """The letter badge of a kind: T topic, A atom, K task, M message; `said` is its word in another language."""
    return format_html(
        '<span class="kind {}" title="{}"><span aria-hidden="true">{}</span><span class="sr">{}</span></span>',
        name,
        (said or name).capitalize(),
        KIND_LETTERS.get(name, "?"),
        said or name,
    )


@register.simple_tag
def confidence(value: float, meaning: str = "", word: str = "") -> SafeString:
    """A short bar, the number, the tier's word; `meaning` (what it has meant so far) on hover. `value` is 0 to 1.

    `word` is the tier's in another language.
    """
    tier = Tier.of(value)
    on = round(value * SEGMENTS)
    bars = format_html_join(
        "",
        '<rect x="{}" width="7" height="10" rx="1.5"{}/>',
        ((i * 8, format_html(' class="{}"', "on") if i < on else "") for i in range(SEGMENTS)),
    )
    return format_html(
        '<span class="conf {}" title="{}"><svg viewBox="0 0 39 10" width="39" height="10" aria-hidden="true">{}</svg>'
        "<b>{}</b> {}</span>",
        tier.value,
        meaning,
        bars,
        f"{value:.2f}",
        word or tier.value,
    )


@register.simple_tag
def spark(values: Sequence[float]) -> SafeString | str:
    """A spark line of at least two values, the last one marked; it says in words what it shows."""
    if len(values) < 2:
        return ""
    top = max(*values, 1)
    step = SPARK_WIDTH / (len(values) - 1)
    points = [
        (round(i * step, 1), round(SPARK_HEIGHT - 2 - v / top * (SPARK_HEIGHT - 4), 1)) for i, v in enumerate(values)
    ]
    line = " ".join(f"{x},{y}" for x, y in points)
    return format_html(
        '<svg class="spark" viewBox="0 0 {w} {h}" role="img" aria-label="{label}">'
        '<polygon points="0,{h} {line} {w},{h}"/><polyline points="{line}"/><circle cx="{x}" cy="{y}" r="2"/></svg>',
        w=SPARK_WIDTH,
        h=SPARK_HEIGHT,
        line=line,
        x=points[-1][0],
        y=points[-1][1],
        label="Last {} days: {}".format(len(values), ", ".join(f"{v:g}" for v in values)),
    )


@register.simple_tag
def ago(at: datetime | None, exact: bool | str = False) -> SafeString | str:
    """A time element: relative and short, the exact time on hover; the page's script keeps it fresh.

    `exact` writes the moment itself, `exact="short"` without its year.
    """
    if at is None:
        return ""
    shown = at.strftime("%d %b %H:%M" if exact == "short" else "%d %b %Y %H:%M") if exact else relative(at)
    return format_html(
        '<time datetime="{}" title="{}"{}>{}</time>',
        at.isoformat(),
        at.strftime("%d %b %Y %H:%M UTC"),
        format_html(' data-exact="{}"', exact if isinstance(exact, str) else "") if exact else "",
        shown,
    )


def relative(at: datetime, now: datetime | None = None) -> str:
    """`at` as the lists show it: now, 5m, 3h, 2d, 4 Mar, 4 Mar 2025; times to come get an "in"."""
    now = now or timezone.now()
    seconds = (now - at).total_seconds()
    sign, past = ("in ", -seconds) if seconds < 0 else ("", seconds)
    for limit, unit, letter in ((45, 0, "now"), (3_570, 60, "m"), (84_600, 3_600, "h"), (561_600, 86_400, "d")):
        if past < limit:
            return f"{sign}{max(1, round(past / unit))}{letter}" if unit else letter
    day = f"{at.day} {at:%b}"
    return day if at.year == now.year else f"{day} {at.year}"


@register.simple_tag
def passage(text: str, start: int, end: int, margin: int = 0) -> SafeString:
    """`text` with code points `start` to `end` marked; `margin` cuts what is further away than that."""
    start, end = max(0, min(start, len(text))), max(0, min(end, len(text)))
    before, after = text[:start], text[end:]
    if margin:
        before = "…" + before[-margin:] if len(before) > margin else before
        after = after[:margin] + "…" if len(after) > margin else after
    return format_html("{}<mark>{}</mark>{}", before, text[start:end], after)


@register.simple_tag
def passages(text: str, spans: Iterable[tuple[int, int]]) -> SafeString:
    """`text` with every span marked; spans that touch or overlap become one."""
    parts: list[tuple[str, SafeString | str]] = []
    at = 0
    for start, end in sorted(spans):
        start, end = max(at, min(start, len(text))), min(end, len(text))
        if end <= start:
            continue
        parts += [("", text[at:start]), ("", format_html("<mark>{}</mark>", text[start:end]))]
        at = end
    parts.append(("", text[at:]))
    return format_html_join("", "{}{}", parts)


@register.filter
def words(value: str) -> str:
    """An enumeration value as words: needs_evidence → needs evidence."""
    return str(value).replace("_", " ")


@register.filter
def initials(value: object) -> str:
    """At most two letters of a name, for an avatar."""
    parts = [part for part in str(value or "?").replace("_", " ").replace(".", " ").split() if part[0].isalnum()]
    return ("".join(part[0] for part in parts[:2]) or "?").upper()


@register.filter
def money(value: Any) -> str:
    """USD as a bill shows it; an unknown price is said, never shown as 0."""
    if value is None or value == "":
        return "unknown"
    amount = float(value)
    return f"${amount:.2f}" if amount >= 1 or amount == 0 else f"${amount:.4f}"


@register.filter
def short(value: float | str | None) -> str:
    """A number in few letters: 950, 1.2k, 34k, 1.2M; a dash for none ("" is what a template has for it)."""
    if value is None or isinstance(value, str):
        return "–"
    for limit, unit in ((1_000_000, "M"), (1_000, "k")):
        if value >= limit:
            shown = value / limit
            return f"{shown:.1f}".rstrip("0").rstrip(".") + unit if shown < 10 else f"{shown:.0f}{unit}"
    return f"{value:g}"


@register.filter
def span_of(value: float | str | None) -> str:
    """Milliseconds as a person says them: 340 ms, 4.2 s, 3 min."""
    if value is None or isinstance(value, str):
        return "–"
    if value < 1_000:
        return f"{value:.0f} ms"
    return f"{value / 1_000:.1f} s" if value < 60_000 else f"{value / 60_000:.0f} min"


@register.filter
def day(value: date | None) -> str:
    """A date without a zone: 4 Mar 2026."""
    return f"{value.day} {value:%b %Y}" if value else ""


@register.filter
def item(mapping: Any, key: str) -> Any:
    """`mapping[key]`, or "" when it has none."""
    return mapping.get(key, "") if hasattr(mapping, "get") else ""


TONES = {
    "running": "info",
    "cancelling": "info",
    "completed": "good",
    "reviewed": "good",
    "partial": "warn",
    "paused": "warn",
    "failed": "bad",
    "critical": "bad",
    "high": "warn",
    "done": "good",
    "in_progress": "info",
    "blocker": "bad",
    "problem": "warn",
    "risk": "warn",
    "decision": "good",
    "solution": "good",
}


@register.filter
def tone(status: str) -> str:
    """The colour of a state or type: info, good, warn, bad or none. Its word always stands beside it."""
    return TONES.get(status, "")


@register.simple_tag
def admin_link(app: str, model: str, what: str, pk: int | None = None) -> str:
    """The address in the administration, or "" where the model is not registered there."""
    try:
        return reverse(f"admin:{app}_{model}_{what}", args=[pk] if pk is not None else [])
    except NoReverseMatch:
        return ""


@register.simple_tag
def hit_url(kind: str, pk: int) -> str:
    """The page of what a search found."""
    return reverse("ingestion:message" if kind == "message" else f"knowledge:{kind}", args=[pk])


@register.simple_tag
def highlighted(text: str, opening: str = "<mark>", closing: str = "</mark>") -> SafeString:
    """A highlight with its marks kept and everything else escaped, marks that don't pair included."""
    parts = []
    for i, piece in enumerate(str(text or "").split(opening)):
        inside, mark, after = piece.partition(closing)
        parts.append(format_html("<mark>{}</mark>{}", inside, after) if i and mark else format_html("{}", piece))
    return format_html_join("", "{}", ((part,) for part in parts))
