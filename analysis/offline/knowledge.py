"""Stage `knowledge`: a window's atoms and topics as answers, with titles, words of explanation and evidence."""

from collections.abc import Collection

from analysis.prompts.answers import AtomItem, EvidenceRef, LinkItem, WindowKnowledge
from analysis.prompts.inputs import KnownItem, WindowInput
from tasktracker.core.enums import AtomType, LinkType

from . import atoms
from .atoms import likeness
from .clauses import cleaned, shortened
from .cues import LANGUAGES
from .dialogue import Line, lines
from .drafts import MAX_QUOTE_CHARS, MAX_QUOTES, Draft, Piece
from .plan import Plan, people_of, terms_of
from .telling import confidence, content, reasoning
from .titles import differing, headline
from .window_topics import name_terms, topic_items, topic_of
from .words import folded

MAX_ATOMS = 24
_KNOWN_SAME = 0.6
_KNOWN_NEAR = 0.35


def knowledge(window: WindowInput, plan: Plan) -> WindowKnowledge:
    """What one window holds. Every quote stands letter for letter in a message of the window that is not context."""
    talk = lines(window)
    people = people_of(message.author for message in window.messages)
    drafts = atoms.find(talk, plan)
    drafts.sort(key=lambda draft: (-confidence(draft), draft.first.line.place, draft.first.sentence.start))
    drafts = _kept(drafts, talk)
    drafts.sort(key=lambda draft: (draft.first.line.place, draft.first.sentence.start))
    topics: dict[int, list[Piece]] = {}
    items: list[AtomItem] = []
    titles: dict[int, str] = {}
    known = [(item, terms_of(item.title), terms_of(f"{item.title} {item.text}")) for item in window.known]
    placed: dict[int, int] = {}
    for draft in drafts:
        topic = topic_of(draft, talk, plan)
        if topic >= 0:
            topics.setdefault(topic, []).append(draft.first)
        placed[id(draft)] = topic
        subject = plan.topics[topic].name if topic >= 0 and _own_subject(topic, draft, plan) else ""
        titles[id(draft)] = _title(draft, subject, people, set(titles.values()))
    found_topics, names = topic_items(topics, talk, plan, window.known)
    for draft in drafts:
        same = _same_known(draft, titles[id(draft)], known)
        title = same.title if same is not None and len(same.title) >= 3 else titles[id(draft)]
        items.append(
            AtomItem(
                type=AtomType(draft.kind),
                title=title,
                content=content(draft, drafts),
                topic=names.get(placed[id(draft)]),
                known=same.ref if same is not None else None,
                links=_links(draft, titles, known, same),
                evidence=[
                    EvidenceRef(m=piece.line.message.ref, quote=piece.quote[:MAX_QUOTE_CHARS])
                    for piece in draft.pieces[:MAX_QUOTES]
                ],
                confidence=confidence(draft),
                reasoning=reasoning(draft, names.get(placed[id(draft)], "")),
            )
        )
    return WindowKnowledge(window=window.ref, topics=found_topics, atoms=items)


def _kept(drafts: list[Draft], talk: list[Line]) -> list[Draft]:
    """The best ones: a long window holds more than a short one, but not one for every message."""
    said = sum(1 for line in talk if line.says)
    limit = min(MAX_ATOMS, 3 + said // 2)
    kept = drafts[:limit]
    return [
        draft
        for draft in kept
        if draft.kind != "solution" or draft.solves is None or draft.solves in kept or draft.strength >= 0.85
    ]


def _own_subject(topic: int, draft: Draft, plan: Plan) -> bool:
    """Whether the draft's own messages, or what it answers, speak of the topic: only then a title may name it."""
    near = [*draft.pieces, *(draft.solves or draft.about or draft).pieces]
    said = {term for piece in near for term in terms_of(piece.line.message.text[:1500])}
    return any(term in said for term in name_terms(topic, plan))


def _title(draft: Draft, subject: str, people: Collection[str], taken: Collection[str]) -> str:
    lead = max(draft.pieces[:3], key=lambda piece: _tells(piece, draft))
    said = lead.reading.said.get(draft.kind) or lead.reading.said.get("trouble") or ("",)
    title = headline(lead.sentence, draft.kind, cue=said[0], subject=subject, people=people, quote="\n")
    if folded(title) == folded(lead.quote):
        _widen(lead)
    title = differing(title, lead.quote, subject, draft.kind, lead.sentence.lang)
    if len(title) < 3:
        title = f"{LANGUAGES['en'].wording.labels[draft.kind]}: {shortened(cleaned(lead.quote), lead.sentence.lang)}"
    if title in taken:
        label = LANGUAGES[lead.sentence.lang].wording.labels.get(draft.kind, draft.kind.capitalize())
        title = f"{label}: {title}"
    return title[:200]


def _widen(piece: Piece) -> None:
    """Takes the next sentence of the message into the quote, which then says more than the title."""
    for sentence, _ in piece.line.sentences:
        if sentence.start >= piece.end and sentence.end - piece.sentence.start <= 600:
            piece.end = sentence.end
            return


def _tells(piece: Piece, draft: Draft) -> float:
    """How well a passage would do as a title: it has a cue of its kind, names its subject, is not too long."""
    length = len(piece.sentence.words)
    words = piece.sentence.words
    lead = words[piece.reading.lead].low if piece.reading.lead < len(words) else ""
    value = (
        piece.reading.scores.get(draft.kind, 0.0)
        - 0.45 * (piece.reading.tag != "" and len(piece.reading.said.get(draft.kind, ())) < 2)
        + 0.05 * min(6, piece.reading.content)
    )
    value -= 0.3 * (lead in LANGUAGES[piece.sentence.lang].pronouns) + 0.01 * max(0, length - 22)
    return value + 0.2 * (piece is draft.pieces[0])


def _same_known(
    draft: Draft, title: str, known: list[tuple[KnownItem, tuple[str, ...], tuple[str, ...]]]
) -> KnownItem | None:
    """The known atom that this one repeats."""
    own = dict.fromkeys(terms_of(title), 1.0) | draft.terms
    best: tuple[float, KnownItem] | None = None
    for item, of_title, of_all in known:
        if item.kind in ("topic", "task"):
            continue
        alike = max(likeness(own, dict.fromkeys(of_title, 1.0)), likeness(own, dict.fromkeys(of_all, 1.0)))
        shared = len(set(own) & set(of_all))
        if alike >= _KNOWN_SAME and shared >= 2 and (best is None or alike > best[0]) and _fits(item.kind, draft.kind):
            best = (alike, item)
    return best[1] if best is not None else None


def _fits(known: str, kind: str) -> bool:
    """Whether a known item may be the same as an atom of a kind; one whose kind is only "atom" may."""
    trouble = ("problem", "blocker", "risk")
    return known not in tuple(AtomType.values) or known == kind or (known in trouble and kind in trouble)


def _links(
    draft: Draft,
    titles: dict[int, str],
    known: list[tuple[KnownItem, tuple[str, ...], tuple[str, ...]]],
    same: KnownItem | None,
) -> list[LinkItem]:
    links = []
    if draft.solves is not None and id(draft.solves) in titles:
        links.append(LinkItem(to=titles[id(draft.solves)], type=LinkType.SOLVES))
    elif draft.about is not None and id(draft.about) in titles:
        links.append(LinkItem(to=titles[id(draft.about)], type=LinkType.RELATES_TO))
    for item, _, of_all in known:
        if same is item or item.kind in ("topic", "task") or links:
            continue
        if (
            likeness(draft.terms, dict.fromkeys(of_all, 1.0)) >= _KNOWN_NEAR
            and len(set(draft.terms) & set(of_all)) >= 2
        ):
            solves = draft.kind == "solution" and item.kind in ("problem", "blocker", "question", "atom")
            links.append(LinkItem(to=item.ref, type=LinkType.SOLVES if solves else LinkType.RELATES_TO))
    return links[:4]
