"""Stage `knowledge`: a window's atoms and topics as answers, with titles, words of explanation and evidence."""

from collections.abc import Collection

from analysis.prompts.answers import AtomItem, EvidenceRef, LinkItem, TopicItem, WindowKnowledge
from analysis.prompts.inputs import KnownItem, WindowInput
from tasktracker.core.enums import AtomType, LinkType

from . import atoms
from .atoms import Draft, Piece, likeness
from .cues import LANGUAGES
from .dialogue import Line, lines
from .plan import Plan, people_of, terms_of
from .titles import capital, cleaned, differing, headline, shortened
from .words import folded

MAX_ATOMS = 24
MAX_TOPICS = 8
_MAX_QUOTE = 1500
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
    topic_of: dict[int, int] = {}
    for draft in drafts:
        topic = _topic_of(draft, talk, plan)
        if topic >= 0:
            topics.setdefault(topic, []).append(draft.first)
        topic_of[id(draft)] = topic
        subject = plan.topics[topic].name if topic >= 0 and _own_subject(topic, draft, plan) else ""
        titles[id(draft)] = _title(draft, subject, people, set(titles.values()))
    topic_items, names = _topic_items(topics, talk, plan, window.known)
    for draft in drafts:
        same = _same_known(draft, titles[id(draft)], known)
        title = same.title if same is not None and len(same.title) >= 3 else titles[id(draft)]
        items.append(
            AtomItem(
                type=AtomType(draft.kind),
                title=title,
                content=_content(draft, drafts),
                topic=names.get(topic_of[id(draft)]),
                known=same.ref if same is not None else None,
                links=_links(draft, titles, known, same),
                evidence=[EvidenceRef(m=piece.line.message.ref, quote=piece.quote[:_MAX_QUOTE]) for piece in draft.pieces[: atoms.MAX_QUOTES]],
                confidence=confidence(draft),
                reasoning=_reasoning(draft, names.get(topic_of[id(draft)], "")),
            )
        )
    return WindowKnowledge(window=window.ref, topics=topic_items, atoms=items)


def confidence(draft: Draft) -> float:
    """How sure the engine is, 0.5 to 0.97: from the strength of the cue, and what stands for or against it."""
    reading, sentence = draft.first.reading, draft.first.sentence
    value = 0.26 + 0.66 * draft.strength
    value += 0.04 * min(2, len(draft.reporters) - 1) + 0.02 * min(2, len(draft.pieces) - 1)
    value += 0.06 * draft.confirmed + 0.03 * (reading.content >= 5) - 0.05 * (reading.content < 3)
    value -= 0.06 * ("hedge" in reading.flags) + 0.04 * ("hypothetic" in reading.flags) + 0.1 * ("chatter" in reading.flags)
    value -= 0.05 * (len(sentence.words) > 40)
    lead = sentence.words[reading.lead].low if reading.lead < len(sentence.words) else ""
    value -= 0.07 * (lead in LANGUAGES[sentence.lang].pronouns and not sentence.question)
    if draft.kind == "solution":
        value += 0.04 * draft.first.line.sure
    if draft.kind == "question":
        value += 0.04 * (draft.first.line.to < 0 or draft.first.line.place == 0)
    return round(min(0.97, max(0.5, value)), 2)


def _kept(drafts: list[Draft], talk: list[Line]) -> list[Draft]:
    """The best ones: a long window holds more than a short one, but not one for every message."""
    said = sum(1 for line in talk if line.says)
    limit = min(MAX_ATOMS, 3 + said // 2)
    kept = drafts[:limit]
    return [draft for draft in kept if draft.kind != "solution" or draft.solves is None or draft.solves in kept or draft.strength >= 0.85]


def _topic_of(draft: Draft, talk: list[Line], plan: Plan) -> int:
    """The topic that a draft's words speak for, then its message's, then its window's; -1 for none."""
    bag: dict[str, float] = {}
    for line in talk:
        for term in terms_of(line.message.text[:1500]):
            bag[term] = max(bag.get(term, 0.0), 0.18)
    for piece in draft.pieces:
        for term in terms_of(piece.line.message.text[:1500]):
            bag[term] = max(bag.get(term, 0.0), 0.45)
    for term in draft.terms:
        bag[term] = 1.0
    ranked = plan.match(bag)
    return ranked[0][0] if ranked and ranked[0][1] >= 0.22 else -1


def _own_subject(topic: int, draft: Draft, plan: Plan) -> bool:
    """Whether the draft's own messages, or what it answers, speak of the topic: only then a title may name it."""
    near = [*draft.pieces, *(draft.solves or draft.about or draft).pieces]
    said = {term for piece in near for term in terms_of(piece.line.message.text[:1500])}
    return any(term in said for term in _name_terms(topic, plan))


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
    """How well a passage would do as a title: it has a cue of the kind, names its subject, is neither short nor long."""
    length = len(piece.sentence.words)
    words = piece.sentence.words
    lead = words[piece.reading.lead].low if piece.reading.lead < len(words) else ""
    value = piece.reading.scores.get(draft.kind, 0.0) - 0.45 * (piece.reading.tag != "" and len(piece.reading.said.get(draft.kind, ())) < 2) + 0.05 * min(6, piece.reading.content)
    value -= 0.3 * (lead in LANGUAGES[piece.sentence.lang].pronouns) + 0.01 * max(0, length - 22)
    return value + 0.2 * (piece is draft.pieces[0])


def _topic_items(topics: dict[int, list[Piece]], talk: list[Line], plan: Plan, known: tuple[KnownItem, ...]) -> tuple[list[TopicItem], dict[int, str]]:
    """Topics of the atoms, and topics that the window names without an atom."""
    for place in _spoken_of(talk, plan):
        if place not in topics and len(topics) < MAX_TOPICS:
            piece = _passage(place, talk, plan)
            if piece is not None:
                topics[place] = [piece]
    names: dict[int, str] = {}
    items = []
    for place in sorted(topics, key=lambda number: (-len(topics[number]), number))[:MAX_TOPICS]:
        topic = plan.topics[place]
        same = next((item for item in known if item.kind == "topic" and _same_name(item.title, topic.name)), None)
        names[place] = same.title if same is not None else topic.name
        passage = _passage(place, talk, plan)
        pieces = ([passage] if passage is not None else []) + topics[place]
        refs = {(piece.line.message.ref, piece.quote[:_MAX_QUOTE]): None for piece in pieces[:4]}
        named_in = sum(1 for line in talk if line.says and _names(place, line, plan))
        items.append(
            TopicItem(
                name=names[place],
                description=_described(topic.name, topic.keywords),
                keywords=list(topic.keywords),
                known=same.ref if same is not None else None,
                evidence=[EvidenceRef(m=ref, quote=quote) for ref, quote in refs],
                confidence=round(min(0.95, 0.55 + 0.08 * min(4, named_in) + 0.04 * min(3, len(topics[place]))), 2),
                reasoning=f"“{topic.name}” comes up in {named_in} messages here, beside {', '.join(topic.keywords[:3]) or 'nothing else'}.",
            )
        )
    return items, names


def _described(name: str, keywords: tuple[str, ...]) -> str:
    return f"What the chat says about {name}: {', '.join(keywords)}." if keywords else f"What the chat says about {name}."


def _same_name(first: str, second: str) -> bool:
    return folded(first) == folded(second) or set(terms_of(first)) == set(terms_of(second)) != set()


def _name_terms(place: int, plan: Plan) -> list[str]:
    return [term for term, weight in plan.topics[place].terms.items() if weight >= 1.0]


def _names(place: int, line: Line, plan: Plan) -> bool:
    said = set(terms_of(line.message.text[:4000]))
    return all(term in said for term in _name_terms(place, plan))


def _spoken_of(talk: list[Line], plan: Plan) -> list[int]:
    """Topics whose name a sentence of the window holds."""
    found: dict[int, int] = {}
    for line in talk:
        if line.says:
            said = set(terms_of(line.message.text[:4000]))
            for place in sorted({place for term in said for place, weight in plan.by_term.get(term, ()) if weight >= 1.0}):
                if all(term in said for term in _name_terms(place, plan)):
                    found[place] = found.get(place, 0) + 1
    return sorted(found, key=lambda place: (-found[place], place))[:3]


def _passage(place: int, talk: list[Line], plan: Plan) -> Piece | None:
    """The first sentence that names a topic."""
    wanted = _name_terms(place, plan)
    for line in talk:
        if line.says:
            for sentence, reading in line.sentences:
                said = set(terms_of(sentence.text))
                if all(term in said for term in wanted):
                    return Piece(line, sentence, reading, sentence.end)
    return None


def _same_known(draft: Draft, title: str, known: list[tuple[KnownItem, tuple[str, ...], tuple[str, ...]]]) -> KnownItem | None:
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


def _links(draft: Draft, titles: dict[int, str], known: list[tuple[KnownItem, tuple[str, ...], tuple[str, ...]]], same: KnownItem | None) -> list[LinkItem]:
    links = []
    if draft.solves is not None and id(draft.solves) in titles:
        links.append(LinkItem(to=titles[id(draft.solves)], type=LinkType.SOLVES))
    elif draft.about is not None and id(draft.about) in titles:
        links.append(LinkItem(to=titles[id(draft.about)], type=LinkType.RELATES_TO))
    for item, _, of_all in known:
        if same is item or item.kind in ("topic", "task") or links:
            continue
        if likeness(draft.terms, dict.fromkeys(of_all, 1.0)) >= _KNOWN_NEAR and len(set(draft.terms) & set(of_all)) >= 2:
            solves = draft.kind == "solution" and item.kind in ("problem", "blocker", "question", "atom")
            links.append(LinkItem(to=item.ref, type=LinkType.SOLVES if solves else LinkType.RELATES_TO))
    return links[:4]


def _content(draft: Draft, drafts: list[Draft]) -> str:
    """One to three sentences: who, when, the gist, who else, and what was answered."""
    lead = draft.first
    wording = LANGUAGES[lead.sentence.lang].wording
    english = LANGUAGES["en"].wording
    by = wording.bylines.get(draft.kind) or english.bylines[draft.kind]
    parts = [f"{by} {lead.line.message.author} ({lead.line.message.sent_at:%Y-%m-%d}): {_gist(lead)}"]
    others = sorted(draft.reporters - {lead.line.message.author})
    if others:
        parts.append(f"{wording.also}: {', '.join(others[:4])}.")
    elif len(draft.pieces) > 1 and draft.pieces[1].quote != lead.quote:
        parts.append(_gist(draft.pieces[1]))
    for other in drafts:
        if other.solves is draft:
            parts.append(f"{wording.answer} {other.first.line.message.author}: {_gist(other.first)}")
            break
    return " ".join(parts)[:1200]


def _gist(piece: Piece) -> str:
    text = cleaned(piece.quote)
    if len(text) > 320:
        text = text[:320].rsplit(" ", 1)[0].rstrip(",;:") + " …"
    return capital(text) + ("" if text.endswith(("?", "…")) else "?" if piece.sentence.question else ".")


def _reasoning(draft: Draft, topic: str) -> str:
    """The cues that were found, in words."""
    found = draft.first.reading.said.get(draft.kind, ())
    parts = []
    if found:
        parts.append("says " + " and ".join(f"“{cue}”" for cue in found[:2]))
    elif draft.kind == "question":
        parts.append("asks")
    if draft.solves is not None:
        parts.append(f"answers {draft.solves.first.line.message.author}")
    if draft.confirmed:
        parts.append("and it worked for them")
    if len(draft.reporters) > 1:
        parts.append(f"said by {len(draft.reporters)} people")
    parts.extend(draft.notes)
    if topic:
        parts.append(f"about {topic}")
    if "hedge" in draft.first.reading.flags:
        parts.append("but the author is not sure")
    text = ", ".join(parts) or "stands in answer to what was asked"
    return (text[:1].upper() + text[1:])[:590] + "."
