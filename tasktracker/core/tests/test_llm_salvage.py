"""What models really send back, and how much of it is kept."""

import json
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from tasktracker.core.llm.salvage import Tally, clean_answer, salvage, wire_schema
from tasktracker.core.tests.llm_support import Note, Notes

GOOD = '{"notes": [{"title": "One thing"}]}'


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"  {GOOD}\n",
        f"```json\n{GOOD}\n```",
        f"```\n{GOOD}\n```",
        f"Here you are:\n```json\n{GOOD}\n```\nAnything else?",
        f"Sure! {GOOD} Bye.",
        f"<think>maybe {{}}, or {{'a': 1}}</think>{GOOD}",
        f"<THINK>\nhm\n</THINK>\n\n```json\n{GOOD}\n```",
        f"the template ate the first tag</think>{GOOD}",
        f'first {{"a": 1}} and then {GOOD}',
    ],
)
def test_the_json_is_found(text: str) -> None:
    assert json.loads(clean_answer(text)) == json.loads(GOOD)


def test_an_answer_that_never_stops_thinking_is_empty() -> None:
    assert clean_answer(f"<think>I could say {GOOD}") == ""


@pytest.mark.parametrize("text", ["", "no", "{" * 5000, "[" * 100_000, '{"notes": [' + "9" * 5000 + "]}"])
def test_text_without_json_is_a_validation_error_and_nothing_worse(text: str) -> None:
    with pytest.raises(ValidationError):
        salvage(Notes, clean_answer(text), tally=Tally())


def kept(notes: Any, tally: Tally | None = None) -> list[str]:
    value = salvage(Notes, json.dumps({"notes": notes}), tally=tally or Tally())
    return [note.title for note in value.notes]


def test_a_bad_item_goes_and_the_others_stay() -> None:
    tally = Tally()
    titles = kept([{"title": "One thing"}, {"title": ""}, {}, "text", {"title": "Two things"}], tally)
    assert titles == ["One thing", "Two things"]
    assert (tally.items, tally.dropped) == (2, 3)


def test_only_the_innermost_entry_at_fault_goes() -> None:
    tally = Tally()
    value = salvage(Notes, '{"notes": [{"title": "One thing", "evidence": ["m1", 5, "m2"]}]}', tally=tally)
    assert value.notes[0].evidence == ["m1", "m2"]
    assert tally.dropped == 1


def test_an_optional_value_that_is_wrong_is_left_out_and_its_item_stays() -> None:
    value = salvage(Notes, '{"notes": [{"title": "One thing", "kind": "rant"}]}', tally=Tally())
    assert value.notes[0].kind == "note"


def test_a_text_that_is_too_long_is_cut() -> None:
    assert kept([{"title": "x" * 500}]) == ["x" * 40]


def test_an_outer_object_that_was_left_out_is_put_back() -> None:
    for text in ('[{"title": "One thing"}]', '{"title": "One thing"}'):
        assert salvage(Notes, text, tally=Tally()).notes[0].title == "One thing"


def test_an_answer_of_bad_items_only_is_asked_again_with_reasons() -> None:
    with pytest.raises(ValidationError) as caught:
        kept([{"title": ""}, {"title": "x"}])
    assert "notes.0.title" in str(caught.value)
    assert caught.value.error_count() == 2


def test_an_empty_answer_is_a_good_one() -> None:
    assert kept([]) == []


def test_reasons_are_few_however_much_is_wrong() -> None:
    with pytest.raises(ValidationError) as caught:
        kept([{"title": ""}] * 500)
    assert caught.value.error_count() <= 12


class Deep(BaseModel):
    """Its own number of items."""

    groups: list[Notes]
    extra: dict[str, str | int | None] = {}

    @property
    def item_count(self) -> int:
        return sum(len(group.notes) for group in self.groups)


def test_an_answer_counts_its_own_items() -> None:
    tally = Tally()
    data = {"groups": [{"notes": [{"title": "One thing"}]}, {"notes": []}], "extra": {"a": "b"}}
    salvage(Deep, json.dumps(data), tally=tally)
    assert tally.items == 1


def test_a_fault_inside_a_union_takes_its_own_key_only() -> None:
    data = {"groups": [{"notes": [{"title": "One thing"}]}], "extra": {"a": "b", "c": [1], "d": {"e": 1}}}
    value = salvage(Deep, json.dumps(data), tally=Tally())
    assert value.extra == {"a": "b"}


def test_the_schema_that_is_sent_has_nothing_that_grammars_choke_on() -> None:
    schema = wire_schema(Notes)
    text = json.dumps(schema)
    assert not [word for word in ("maxLength", "minLength", "pattern", "default", "maxItems") if f'"{word}"' in text]
    # A property may have such a name.
    assert set(schema["$defs"]["Note"]["properties"]) == set(Note.model_fields)
    assert schema["$defs"]["Note"]["required"] == ["title"]
