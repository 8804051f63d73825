"""The figures of a measurement as tables for people. Pure."""

from collections.abc import Iterator
from typing import Any

type TableOf = tuple[str, list[str], list[list[str]]]

_PLAIN = {
    "accuracy": "accuracy",
    "macro_f1": "macro-F1",
    "duplicates": "duplicates among them",
    "roc_auc": "ROC-AUC",
    "average_precision": "average precision",
    "conversations": "true conversations",
    "found": "found conversations",
    "variation_of_information": "variation of information (1 - VI)",
    "one_to_one": "one-to-one overlap",
    "exact_f1": "exact-match F1",
    "ari": "adjusted Rand index",
    "unanswered": "rows without an answer",
    "rows_per_second": "rows a second",
    "memory_mb": "peak memory, MB",
}


def tables(report: dict[str, Any]) -> Iterator[TableOf]:
    """Title, columns and lines of each table: the figures, the confidence tiers, the labels, what was left out."""
    lines = [[words, _number(report[name])] for name, words in _PLAIN.items() if report.get(name) is not None]
    yield f"{report['task']}: {report['rows']:,} rows, engine {report['engine']}", ["figure", "value"], lines
    if "tiers" in report:
        yield (
            "How right each confidence is",
            ["confidence", "rows", "share of rows", "accuracy"],
            [
                [name, f"{tier['rows']:,}", _number(tier["coverage"]), _number(tier["accuracy"])]
                for name, tier in report["tiers"].items()
            ],
        )
    if "labels" in report:
        yield (
            "Labels",
            ["label", "rows", "found", "precision", "recall", "F1"],
            [
                [
                    name,
                    f"{one['rows']:,}",
                    f"{one['found']:,}",
                    *(_number(one[key]) for key in ("precision", "recall", "f1")),
                ]
                for name, one in report["labels"].items()
            ],
        )
    if report["left_out"]:
        yield (
            "Left out: labels that the task does not know",
            ["label", "rows"],
            [[label, f"{count:,}"] for label, count in sorted(report["left_out"].items())],
        )


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}"
