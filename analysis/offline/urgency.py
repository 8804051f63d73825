"""What the messages behind an atom say of the work: whom it is for, by when, how bad it is."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from analysis.prompts.inputs import AtomInput, PromptMessage, WindowInput
from tasktracker.core.enums import TaskCategory

from .cues import ALL_NEGATIONS, ALL_STOP, ALL_WEAK, detect
from .dates import due
from .sentences import Sentence, parse
from .speech import Reading, read
from .words import is_shouted, tokens

_ASKED = 0.65
_HANDLE = re.compile(r"(?<![\w@.])@(\w[\w.\-]{1,40})")
_BETTER = re.compile(
    r"\b(?:improve|faster|better|speed|reduce|simplif\w+|clean\w*|refactor\w*|change|rename|replace|"
    r"instead|raise|increase|less|more|redesign|optimi[sz]e\w*|round\w*|move|switch|migrate)\b",
    re.IGNORECASE,
)
_CHORE = re.compile(
    r"^(?:\w+: )?(?:run|write|send|update|upgrade|deploy|check|review|test|document|prepare|post|rotate|"
    r"renew|restart|rename|clean|move|migrate|translate|bring|regenerate|ask|tell|order|book|"
    r"call|read|schedule|release|ship|tag|back up|restore|verify|measure|remove|delete|drop|switch|freeze|pay|sign)\b",
    re.IGNORECASE,
)
_WORKING = re.compile(
    r"\b(?:add|build|change|do|clean|convert|create|deprecate|drop|implement|import|introduce|merge|"
    r"migrate|move|offer|prefill|release|remove|rename|replace|rewrite|rotate|round|ship|split|store|"
    r"support|switch|"
    r"upgrade|write|goes to|додаємо|переносимо|виносимо|скорочуємо|видаляємо|переходимо|робимо|добавляем|"
    r"переносим|удаляем|переходим|делаем|verschieben|ersetzen|umstellen|bauen|migrieren|entfernen|"
    r"añadir|mover|migrar|quitar|cambiar|adicionar|remover|mudar|ajouter|déplacer|migrer|supprimer|"
    r"remplacer|dodać|przenieść|usunąć|zmienić)\b",
    re.IGNORECASE,
)
_REFUSING = re.compile(
    r"\b(?:not|never|won't|no longer|against|postpone[ds]?|out of scope|reject(?:ed)?|не будемо|не робимо|"
    r"відкладаємо|не будем|откладываем|nicht|verzichten|no vamos|não vamos|ne pas|nie będziemy)\b",
    re.IGNORECASE,
)
_GENERAL = re.compile(
    r"\b(?:whether|should|shall|who|when|which|may|allowed|must|need|have to|decide|owns?|customers?|shops?|legal|"
    r"how long|how many|what do we|what happens|do we|can we|хто|чи|коли|кто|когда|wer|wann|sollen|müssen|"
    r"quién|debemos|quem|devemos|qui|faut|kto|czy)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Signals:
    """What speaks for, of and about the work;
    `found` the cues in words, `days_left` from the message to the due day."""

    category: TaskCategory
    due: date | None = None
    days_left: int | None = None
    assignee: str = ""
    severe: bool = False
    urgent: bool = False
    minor: bool = False
    hedged: bool = False
    trouble: bool = False
    requested: bool = False
    important: bool = False
    works: bool = False
    refuses: bool = False
    labels: tuple[str, ...] = ()
    found: tuple[str, ...] = ()


def signals(atom: AtomInput, messages: Sequence[PromptMessage], window: WindowInput) -> Signals:
    """Reads the quotes of an atom, or its title and content where there are none."""
    names = list(dict.fromkeys(message.author for message in window.messages))
    flags: dict[str, float] = {}
    asked = 0.0
    trouble = False
    day, left, who = None, None, ""
    for message in messages:
        for sentence in parse(message.text).sentences:
            reading = read(sentence)
            for kind, value in reading.flags.items():
                flags[kind] = max(flags.get(kind, 0.0), value)
            asked = max(asked, reading.scores.get("question", 0.0))
            trouble = trouble or reading.scores.get("problem", 0.0) >= 0.6
            found, person = _promise(sentence, reading, message, atom, names)
            if found is not None and (day is None or found < day):
                day, left = found, (found - message.sent_at.date()).days
            who = who or person
    if not messages:
        for sentence in parse(f"{atom.title}. {atom.content}").sentences:
            asked = max(asked, read(sentence).scores.get("question", 0.0))
    if atom.type == "question":
        asked = max(asked, _ASKED)  # a person approved it as one, however it was put
    text = f"{atom.title}. " + " ".join(message.text for message in messages)
    words = []
    if day is not None:
        words.append(f"due {day.isoformat()}")
    if who:
        words.append(f"asked of {who}")
    words += [name for name in ("severe", "urgent", "minor") if flags.get(name, 0.0) >= 0.7]
    return Signals(
        category=_category(atom),
        due=day,
        days_left=left,
        assignee=who,
        severe=flags.get("severe", 0.0) >= 0.7,
        urgent=flags.get("urgent", 0.0) >= 0.7,
        minor=flags.get("minor", 0.0) >= 0.7,
        hedged=flags.get("hedge", 0.0) >= 0.5,
        trouble=trouble,
        requested=bool(who) or flags.get("request", 0.0) >= 0.8,
        important=(asked >= _ASKED and bool(_GENERAL.search(text))) or asked >= 0.85 or flags.get("urgent", 0.0) >= 0.7,
        works=atom.type == "decision" and _means_work(atom.title),
        refuses=bool(_REFUSING.search(atom.title)) and not re.search(r"\b(?:instead|but)\b", atom.title),
        labels=_labels(atom.title),
        found=tuple(words),
    )


def _means_work(title: str) -> bool:
    """Whether a decision is to do something, and not only to stay, to choose or to meet."""
    words = tokens(title)
    if not words:
        return False
    lang = detect(title, words)
    found = _WORKING.search(title)
    return found is not None and (lang != "en" or found.start() == 0 or found.group().lower() == "goes to")


def _promise(
    sentence: Sentence, reading: Reading, message: PromptMessage, atom: AtomInput, names: Sequence[str]
) -> tuple[date | None, str]:
    """The day and the person that a sentence names for the work."""
    asks = reading.flags.get("request", 0.0) >= 0.5
    commits = reading.flags.get("commit", 0.0) >= 0.5
    decides = atom.type == "decision" or reading.scores.get("decision", 0.0) >= 0.7
    handles = _HANDLE.findall(sentence.text)
    day = None
    if asks or commits or decides or handles or atom.type == "requirement":
        plain = asks or commits or bool(handles)
        day = due(
            sentence.text, message.sent_at.date(), sentence.lang, also=("on",) if decides else (), marked=not plain
        )
    person = ""
    if handles and (asks or day is not None or sentence.text.lstrip().startswith("@")):
        person = _full_name(handles[0], names)
    elif asks and sentence.words and sentence.text[sentence.words[0].start].isupper():
        person = _full_name(sentence.words[0].low, names, exact=True)
    elif (
        commits
        and atom.type in ("requirement", "decision", "idea")
        and (day is not None or reading.scores.get("requirement", 0) < 0.8)
    ):
        person = message.author
    return day, person


def _full_name(handle: str, names: Sequence[str], exact: bool = False) -> str:
    """The author whom a handle such as `jonasb` means, or the handle itself ("" for a first word that is no name)."""
    low = handle.lower().replace("_", "").replace(".", "")
    for name in names:
        parts = [token.low for token in tokens(name)]
        if not parts:
            continue
        if (
            low in (parts[0], "".join(parts))
            or (len(parts) > 1 and low == parts[0] + parts[-1][:1])
            or (not exact and len(parts[0]) > 2 and low.startswith(parts[0]))
        ):
            return name
    return "" if exact else handle


def _category(atom: AtomInput) -> TaskCategory:
    """Of what is wanted: a chore is done once, an improvement changes what is there, a feature is new."""
    if _CHORE.match(atom.title):
        return TaskCategory.CHORE
    if _BETTER.search(atom.title):
        return TaskCategory.IMPROVEMENT
    if atom.type in ("requirement", "idea"):
        return TaskCategory.FEATURE
    return TaskCategory.IMPROVEMENT if atom.type == "decision" else TaskCategory.CHORE


def _labels(title: str) -> tuple[str, ...]:
    labels = []
    for token in tokens(title):
        raw = title[token.start : token.end]
        plain = token.low not in ALL_STOP and token.low not in ALL_WEAK and token.low not in ALL_NEGATIONS
        if plain and len(token.low) > 2 and not token.low[0].isdigit() and len(token.low) <= 30:
            labels.append(raw if is_shouted(raw) else token.low)
    return tuple(dict.fromkeys(labels))[:6]
