"""`/api/messages`: post, list, filter, verdict; a stranger sees nothing."""

import json
from typing import Any

import psycopg
import pytest

from ingestion.models import Message, Source
from tasktracker.core.tests.factories import Person, make_person

BODY: dict[str, Any] = {
    "source": "support",
    "external_id": "m-1",
    "author": {"id": "u1", "name": "Dana"},
    "text": "The export fails for invoices with a VAT id.",
    "sent_at": "2026-11-02T10:00:00+01:00",
}


def post(person: Person, **changes: Any) -> Any:
    return person.api.post("/api/messages", BODY | changes, format="json")


def test_a_new_message_is_201_and_a_known_one_200(owner: Person) -> None:
    first, second = post(owner), post(owner)
    assert (first.status_code, second.status_code) == (201, 200)
    body = first.json()
    assert body["id"] == second.json()["id"]
    assert body["author"] == {"id": body["author"]["id"], "name": "Dana"}
    assert body["sent_at"] == "2026-11-02T09:00:00Z"
    assert set(body["verdict"]) == {"class", "score", "reason"}
    assert Source.objects.get().kind == "api"


def test_a_source_is_named_by_id_too_and_an_unknown_id_is_404(owner: Person, stranger: Person) -> None:
    source = post(owner).json()["source"]
    assert post(owner, source=source, external_id="m-2").status_code == 201
    assert post(owner, source=999_999).status_code == 404
    assert post(stranger, source=source).status_code == 404


def test_a_source_with_a_number_for_a_name_gives_way_to_the_one_with_that_id(owner: Person) -> None:
    source = post(owner).json()["source"]
    named = Source.objects.create(workspace=owner.workspace, name=str(source), kind="api")
    assert post(owner, source=str(source), external_id="m-2").json()["source"] == source
    Source.objects.filter(pk=source).update(name="renamed")
    assert post(owner, source="renamed", external_id="m-3").json()["source"] == source
    assert post(owner, source=named.pk, external_id="m-4").json()["source"] == named.pk


def test_the_answer_is_what_a_get_says(owner: Person) -> None:
    sent = "2026-11-02T10:00:00.120+01:00"
    answer = post(owner, sent_at=sent, edited_at="2026-11-02T12:00:00Z", channel="dev", metadata={"a": [1]}).json()
    assert answer == owner.api.get("/api/messages").json()["results"][0]
    assert (answer["sent_at"], answer["edited_at"]) == ("2026-11-02T09:00:00.120000Z", "2026-11-02T12:00:00Z")
    assert answer["metadata"] == {"a": [1]}
    detail = owner.api.get(f"/api/messages/{answer['id']}").json()
    assert {name: detail[name] for name in answer} == answer


@pytest.mark.parametrize("body", [None, [], "text", 7])
def test_a_body_that_is_no_message_is_400(owner: Person, body: Any) -> None:
    answer = owner.api.post("/api/messages", json.dumps(body), content_type="application/json")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")


def test_a_post_costs_four_statements(owner: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Token with its person; source with channel and author; the message; its event. Each post pays for each."""
    post(owner)
    sent: list[str] = []
    execute = psycopg.Cursor.execute

    def counted(self: Any, query: Any, *args: Any, **options: Any) -> Any:
        sent.append(str(query).split(maxsplit=1)[0])
        return execute(self, query, *args, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", counted)
    assert post(owner, external_id="m-2").status_code == 201
    assert [word for word in sent if word not in ("SAVEPOINT", "RELEASE")] == ["SELECT", "SELECT", "INSERT", "INSERT"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", ""),
        ("text", "  \n"),
        ("sent_at", "yesterday"),
        ("author", ""),
        ("author", []),
        ("external_id", "x" * 300),
        ("source", True),
        ("metadata", []),
    ],
)
def test_bad_input_is_400_and_says_which_field(owner: Person, field: str, value: Any) -> None:
    answer = post(owner, **{field: value})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert field in answer.json()["errors"]
    assert not Message.objects.exists()


def test_a_viewer_may_read_and_not_write(owner: Person) -> None:
    post(owner)
    viewer = make_person("viewer", role="viewer")
    assert len(viewer.api.get("/api/messages").json()["results"]) == 1
    answer = post(viewer)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_a_stranger_gets_404_and_an_empty_list(owner: Person, stranger: Person) -> None:
    pk = post(owner).json()["id"]
    assert stranger.api.get(f"/api/messages/{pk}").status_code == 404
    assert stranger.api.post(f"/api/messages/{pk}/verdict", {"class": "noise"}, format="json").status_code == 404
    assert stranger.api.get("/api/messages").json()["results"] == []


def test_bulk_takes_an_array_and_ndjson_and_names_what_it_refuses(owner: Person) -> None:
    rows = [BODY | {"external_id": str(n)} for n in range(3)]
    answer = owner.api.post("/api/messages/bulk", [*rows, {"text": "?"}], format="json").json()
    assert {name: answer[name] for name in ("seen", "created", "errors")} == {"seen": 4, "created": 3, "errors": 1}
    assert answer["problems"][0]["position"] == 3
    lines = "\n".join(json.dumps(row) for row in rows)
    again = owner.api.post("/api/messages/bulk", lines, content_type="application/x-ndjson").json()
    assert (again["created"], again["unchanged"]) == (0, 3)


def test_bulk_refuses_what_is_no_list_too_long_or_no_json(owner: Person) -> None:
    assert owner.api.post("/api/messages/bulk", {}, format="json").status_code == 400
    assert owner.api.post("/api/messages/bulk", [{}] * 5_001, format="json").status_code == 400
    answer = owner.api.post("/api/messages/bulk", '{"a":1}\n{', content_type="application/x-ndjson")
    assert answer.status_code == 400
    assert "Line 2" in answer.json()["detail"]


def test_the_list_filters_and_pages(owner: Person) -> None:
    for number in range(5):
        post(owner, external_id=str(number), sent_at=f"2026-11-0{number + 1}T10:00:00Z", text=f"Export number {number}")
    post(owner, external_id="x", author="Ilya", text="Дякую!", source="other")

    def texts(query: str) -> list[str]:
        answer = owner.api.get(f"/api/messages?{query}")
        assert answer.status_code == 200, answer.content
        return [row["text"] for row in answer.json()["results"]]

    assert texts("source=other") == ["Дякую!"]
    assert texts("author=Ilya") == ["Дякую!"]
    assert texts("verdict=noise") == ["Дякую!"]
    assert texts("since=2026-11-04T00:00:00Z&source=support") == ["Export number 4", "Export number 3"]
    assert texts("until=2026-11-02T00:00:00Z") == ["Export number 0"]
    assert texts("q=numb+3") == ["Export number 3"]
    first = owner.api.get("/api/messages?limit=4").json()
    rest = owner.api.get(first["next"]).json()
    assert len(first["results"]) + len(rest["results"]) == 6
    assert rest["next"] is None


def test_the_detail_has_the_thread(owner: Person) -> None:
    post(owner)
    reply = post(owner, external_id="m-2", reply_to="m-1", text="Only with a VAT id?").json()
    detail = owner.api.get(f"/api/messages/{reply['id']}").json()
    assert [row["external_id"] for row in detail["thread_messages"]] == ["m-1"]
    assert detail["quotes"] == []


def test_a_verdict_is_a_persons_word(owner: Person) -> None:
    pk = post(owner).json()["id"]
    answer = owner.api.post(f"/api/messages/{pk}/verdict", {"class": "noise"}, format="json")
    assert answer.json()["verdict"] == {"class": "noise", "score": 0.0, "reason": "person"}
    assert owner.api.post(f"/api/messages/{pk}/verdict", {"class": "x"}, format="json").status_code == 400


def test_a_switched_off_source_takes_nothing(owner: Person) -> None:
    post(owner)
    Source.objects.update(is_active=False)
    answer = post(owner, external_id="m-2")
    assert (answer.status_code, answer.json()["code"]) == (400, "source_inactive")


def test_a_later_edit_is_taken_over(owner: Person) -> None:
    post(owner)
    answer = post(owner, text="It fails for all invoices.", edited_at="2026-11-02T10:05:00+01:00")
    assert (answer.status_code, answer.json()["text"]) == (200, "It fails for all invoices.")


def test_the_filter_choices_name_sources_channels_and_authors(owner: Person) -> None:
    post(owner)
    choices = owner.api.get("/api/messages/filters").json()
    assert [row["name"] for row in choices["authors"]] == ["Dana"]
    assert {"sources", "channels", "authors", "projects", "verdicts", "categories", "filters"} == set(choices)
