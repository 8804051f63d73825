"""The topics of one window: which of the run's it speaks of, and the words that show it."""

from analysis.prompts.answers import EvidenceRef, TopicItem
from analysis.prompts.inputs import KnownItem
from tasktracker.core.words import counted_as

from .dialogue import Line
from .drafts import MAX_QUOTE_CHARS, Draft, Piece
from .plan import Plan, terms_of
from .words import folded

MAX_TOPICS = 8


def topic_of(draft: Draft, talk: list[Line], plan: Plan) -> int:
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


def topic_items(
    topics: dict[int, list[Piece]], talk: list[Line], plan: Plan, known: tuple[KnownItem, ...]
) -> tuple[list[TopicItem], dict[int, str]]:
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
        refs = {(piece.line.message.ref, piece.quote[:MAX_QUOTE_CHARS]): None for piece in pieces[:4]}
        named_in = sum(1 for line in talk if line.says and _names(place, line, plan))
        items.append(
            TopicItem(
                name=names[place],
                description=_described(topic.name, topic.keywords),
                keywords=list(topic.keywords),
                known=same.ref if same is not None else None,
                evidence=[EvidenceRef(m=ref, quote=quote) for ref, quote in refs],
                confidence=round(min(0.95, 0.55 + 0.08 * min(4, named_in) + 0.04 * min(3, len(topics[place]))), 2),
                reasoning=(
                    f"“{topic.name}” comes up in {counted_as(named_in, 'message')} here, "
                    f"beside {', '.join(topic.keywords[:3]) or 'nothing else'}."
                ),
            )
        )
    return items, names


def _described(name: str, keywords: tuple[str, ...]) -> str:
    return (
        f"What the chat says about {name}: {', '.join(keywords)}." if keywords else f"What the chat says about {name}."
    )


def _same_name(first: str, second: str) -> bool:
    return folded(first) == folded(second) or set(terms_of(first)) == set(terms_of(second)) != set()


def name_terms(place: int, plan: Plan) -> list[str]:
    return [term for term, weight in plan.topics[place].terms.items() if weight >= 1.0]


def _names(place: int, line: Line, plan: Plan) -> bool:
    said = set(terms_of(line.message.text[:4000]))
    return all(term in said for term in name_terms(place, plan))


def _spoken_of(talk: list[Line], plan: Plan) -> list[int]:
    """Topics whose name a sentence of the window holds."""
    found: dict[int, int] = {}
    for line in talk:
        if line.says:
            said = set(terms_of(line.message.text[:4000]))
            for place in sorted(
                {place for term in said for place, weight in plan.by_term.get(term, ()) if weight >= 1.0}
            ):
                if all(term in said for term in name_terms(place, plan)):
                    found[place] = found.get(place, 0) + 1
    return sorted(found, key=lambda place: (-found[place], place))[:3]


def _passage(place: int, talk: list[Line], plan: Plan) -> Piece | None:
    """The first sentence that names a topic."""
    wanted = name_terms(place, plan)
    for line in talk:
        if line.says:
            for sentence, reading in line.sentences:
                said = set(terms_of(sentence.text))
                if all(term in said for term in wanted):
                    return Piece(line, sentence, reading, sentence.end)
    return None
