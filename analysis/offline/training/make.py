"""From a folder of labelled sets to the file of coefficients that ships; the same folder always gives the same file."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from analysis.offline.grams import SIZE, grams

from .features import Table, table
from .fit import Fitted, Floats, Sparse
from .held_out import HeldOut, ask_held_out, ask_two_held_out, sets_left_out, talks_left_out
from .readers import MIDDLE, WIDTH, fit_categories, fit_likeness, fit_two, small
from .rows import labelled, read_rows
from .seeds import seeds
from .talks import Chat, ask_talks, examples, fit_talks, read_chat, rooms_left_out
from .trust import fit_trust

# Sets of the folder by what they teach. Texts of the others show how people write where nothing is labelled.
LABELLED = (
    "action_email_intent",
    "action_minutes",
    "dialogs_frminer",
    "meetings_jsonld",
    "multiling_vscode",
    "reviews_artc",
    "sentences_issue_discussion",
)
TALKS = ("threads_irc_ubuntu", "threads_irc_newdomains", "threads_gitter_livechat", "threads_zulip_bytecode")
PLAIN = (*TALKS, "dups_gitbugs_corpus")
FOREIGN = "multiling_chat_fcc"
EVERY = 3

Arrays = dict[str, npt.NDArray[np.generic]]


def read_labelled(folder: Path) -> Table:
    """All rows that say something of their category. Raises `OSError` for a set that is missing."""
    return table([*seeds(), *(row for name in LABELLED for row in labelled(folder / f"{name}.jsonl"))])


def read_plain(folder: Path) -> Sparse:
    """Texts of no labelled set: each `EVERY`th in English, all others, and the examples of our own."""
    english = [row["text"] for name in PLAIN for row in read_rows(folder / f"{name}.jsonl")]
    foreign = [row["text"] for row in read_rows(folder / f"{FOREIGN}.jsonl")]
    own = [row.text for row in seeds()]
    return Sparse.of([grams(text) for text in (*english[::EVERY], *foreign, *own)], SIZE)


@dataclass(frozen=True)
class Made:
    """The arrays of the coefficients' file, and what readers said of rows that they were not fitted on.

    `action` and `signal` are, for "sets" and "talks", how surely each row is a task or noise; `threads` is, for each
    chat and way of leaving out, (true conversations, found conversations).
    """

    arrays: Arrays
    rows: Table
    held: dict[str, HeldOut]
    action: dict[str, Floats]
    signal: dict[str, Floats]
    threads: dict[tuple[str, str], tuple[list[Hashable], list[Hashable]]]


def make(folder: Path, *, say: Callable[[str], None]) -> Made:
    """Fit everything; `say` is told what is done now. Raises `OSError`, `KeyError` or `ValueError` for a bad folder."""
    say("reading the labelled sets …")
    rows, plain = read_labelled(folder), read_plain(folder)
    held, action, signal = {}, {}, {}
    for name, splits in (("sets", sets_left_out), ("talks", talks_left_out)):
        say(f"{len(rows.rows):,} labelled rows; leaving {name} out, one after another …")
        held[name] = ask_held_out(rows, plain, splits(rows))
        action[name] = ask_two_held_out(rows, "task", splits(rows))
        signal[name] = ask_two_held_out(rows, "noise", splits(rows))
    say("fitting on everything …")
    curves, numbers = fit_trust(rows, held["talks"], held["sets"])
    arrays: Arrays = {
        **_head("category", fit_categories(rows)),
        **_head("action", fit_two(rows, "task")),
        **_head("signal", _turned(fit_two(rows, "noise"))),
        **_head("likeness", fit_likeness(rows, plain)),
        "familiarity": np.array([MIDDLE, WIDTH]),
        "trust_curves": curves,
        "trust_numbers": numbers,
    }
    say("fitting the conversations …")
    chats = {name: read_chat(folder / f"{name}.jsonl") for name in TALKS}
    arrays["threads"] = fit_talks([each for chat in chats.values() for each in examples(chat)])
    return Made(arrays, rows, held, action, signal, _held_out_threads(chats))


def _held_out_threads(chats: dict[str, Chat]) -> dict[tuple[str, str], tuple[list[Hashable], list[Hashable]]]:
    made: dict[tuple[str, str], tuple[list[Hashable], list[Hashable]]] = {}
    choices = {name: examples(chat) for name, chat in chats.items()}
    for name, chat in chats.items():
        others = fit_talks([each for other, theirs in choices.items() if other != name for each in theirs])
        made[name, "sets"] = ([(said.place, talk) for said, talk in chat], list(ask_talks(others, chat)))
        truth: list[Hashable] = []
        found: list[Hashable] = []
        for part, (known, asked) in enumerate(rooms_left_out(chats, name)):
            weights = fit_talks([each for one in known for each in examples(one)])
            truth += [(said.place, talk) for said, talk in asked]
            found += [(part, number) for number in ask_talks(weights, asked)]
        made[name, "rooms"] = (truth, found)
    return made


def _turned(fitted: Fitted) -> Fitted:
    """The same reader with its two labels the other way round: signal first."""
    return Fitted(fitted.dense[:, ::-1], fitted.sparse[:, ::-1], fitted.bias[::-1])


def _head(name: str, fitted: Fitted) -> Arrays:
    whole, unit = small(fitted.sparse)
    return {
        f"{name}_dense": fitted.dense.astype(np.float32),
        f"{name}_sparse": whole,
        f"{name}_scale": unit.astype(np.float32),
        f"{name}_bias": fitted.bias.astype(np.float32),
    }
