"""`manage.py train_offline FOLDER`: makes the coefficients of the offline engine anew from labelled sets."""

from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError

from analysis.evaluation.clustering import grouping
from analysis.evaluation.metrics import classification
from analysis.offline.classify import Read, confidence
from analysis.offline.coefficients import FILE
from analysis.offline.training.make import Made, make
from analysis.offline.training.rows import CATEGORIES

TITLES = {
    "sets": "each set asked by a reader that was fitted on all the others",
    "talks": "each conversation asked by a reader that was fitted on others, of its own set too",
    "rooms": "each room asked with weights from other rooms, of its own set too",
}
NO_GRAMS = (np.zeros(0, np.int32), np.zeros(0, np.float32))


class Command(BaseCommand):
    requires_system_checks: list[str] = []
    help = "Fit the offline engine on a folder of labelled sets (see docs/QUALITY.md) and write its coefficients."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", help="where the sets are, one JSON-lines file each")
        parser.add_argument("--dry-run", action="store_true", help="print the figures, write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            made = make(Path(options["folder"]), say=self.stderr.write)
        except (OSError, ValueError, KeyError) as error:
            raise CommandError(f"The sets can't be read: {error}") from error
        for way in ("talks", "sets"):
            self.show_categories(made, way)
            self.show_two(made, way, "action", "task")
            self.show_two(made, way, "signal", "noise")
        for way in ("rooms", "sets"):
            self.show_threads(made, way)
        if not options["dry_run"]:
            with FILE.open("wb") as file:
                np.savez_compressed(file, allow_pickle=False, **made.arrays)
            self.stdout.write(f"Wrote {FILE.name}, {FILE.stat().st_size / 1e6:.2f} MB.")
        for way in ("talks", "sets"):
            self.show_tiers(made, way)

    def show_categories(self, made: Made, way: str) -> None:
        """Accuracy and macro-F1 of the mix and of its two readers, for each set and together; the tiers of the mix."""
        held = made.held[way]
        self.title("category", way, f"{'mix':>13} {'rules':>13} {'learnt':>13}")
        for source, here in self.parts(made, made.rows.label >= 0):
            truth = [CATEGORIES[place] for place in made.rows.label[here]]
            cells = []
            for shares in (held.mixed, held.ruled, held.learnt):
                found = [CATEGORIES[place] for place in shares[here].argmax(axis=1)]
                cells.append(_two_figures(truth, found))
            self.stdout.write(f"{source:28} {len(here):>6,} " + " ".join(f"{cell:>13}" for cell in cells))

    def show_tiers(self, made: Made, way: str) -> None:
        """How many rows each confidence tier has, and how right it is, by the curves in the file of coefficients."""
        held, rows = made.held[way], made.rows
        self.title("category", way, "(share of rows, accuracy of each tier)")
        for source, here in self.parts(made, rows.label >= 0):
            sure = [confidence(Read(rows.dense[row], *NO_GRAMS), held.weighed(row)) for row in here]
            truth = [CATEGORIES[place] for place in rows.label[here]]
            tiers = classification(truth, [CATEGORIES[place] for place in held.found()[here]], sure).tiers
            cells = [f"{name} {one.coverage:.3f}, {one.accuracy or 0:.3f}" for name, one in tiers.items()]
            self.stdout.write(f"{source:28} {len(here):>6,} " + " · ".join(cells))

    def show_two(self, made: Made, way: str, task: str, name: str) -> None:
        """The same for a reader of one category against all others."""
        place = CATEGORIES.index(name)
        is_it = made.rows.allowed[:, place] & (made.rows.allowed.sum(axis=1) == 1)
        shares = (made.action if task == "action" else made.signal)[way]
        self.title(task, way, f"{'accuracy / F1':>13}")
        for source, here in self.parts(made, (is_it | ~made.rows.allowed[:, place]) & (made.rows.weight == 1)):
            truth, found = [str(one) for one in is_it[here]], [str(one) for one in shares[here] > 0.5]
            self.stdout.write(f"{source:28} {len(here):>6,} {_two_figures(truth, found):>13}")

    def show_threads(self, made: Made, way: str) -> None:
        """Variation of information, one-to-one overlap, exact-match F1 and adjusted Rand index, in %."""
        self.title("threads", way, "VI / one-to-one / exact F1 / ARI")
        for (source, of), (truth, found) in made.threads.items():
            if of == way:
                one = grouping(truth, found)
                values = (one.variation_of_information, one.one_to_one, one.exact_f1, one.ari)
                self.stdout.write(f"{source:28} {one.rows:>6,} " + " / ".join(f"{100 * value:.1f}" for value in values))

    def title(self, task: str, way: str, columns: str) -> None:
        """The head of a table."""
        self.stdout.write(f"\n{task}: {TITLES[way]}\n{'set':28} {'rows':>6} {columns}")

    def parts(self, made: Made, measured: Any) -> list[tuple[str, Any]]:
        """The measured rows of each set, and of all."""
        sources = np.unique(made.rows.source[measured])
        found = [(str(source), np.flatnonzero(measured & (made.rows.source == source))) for source in sources]
        return [*found, ("all", np.flatnonzero(measured))]


def _two_figures(truth: Sequence[str], found: Sequence[str]) -> str:
    figures = classification(truth, found, [0.0] * len(found))
    return f"{figures.accuracy:.3f} / {figures.macro_f1:.3f}"
