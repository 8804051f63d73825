"""Two topics into one and one into two: links and words kept, and taken back exactly."""

import pytest

from knowledge import services
from knowledge.models import Atom, AtomLink, Edit, Topic
from knowledge.tests.worlds import TwoTopics, accepted
from tasktracker.core.errors import Conflict, Invalid
from tasktracker.core.tests.factories import Person
from tasktracker.tests.pages import Page, submit

pytestmark = pytest.mark.django_db


@pytest.fixture
def two(rita: Person) -> TwoTopics:
    return TwoTopics.made(rita.workspace)


def last() -> int:
    return Edit.objects.order_by("-pk").values_list("pk", flat=True)[0]


def test_a_merge_keeps_links_and_words_and_is_taken_back_exactly(rita: Person, two: TwoTopics) -> None:
    earlier = Topic.objects.create(workspace=rita.workspace, name="Bills", status="merged", merged_into=two.billing)
    before = accepted()
    services.merge_topic(topic_id=two.billing.pk, into_id=two.invoices.pk, by=rita.user)
    two.billing.refresh_from_db()
    two.invoices.refresh_from_db()
    earlier.refresh_from_db()
    assert (two.billing.status, two.billing.merged_into) == ("merged", two.invoices)
    assert earlier.merged_into == two.invoices
    assert set(two.invoices.atoms.all()) == set(two.atoms)
    assert two.invoices.quotes.count() == 1
    assert two.invoices.keywords == ["invoice", "pdf", "vat"]
    assert AtomLink.objects.count() == 1
    services.take_back(edit_id=last(), by=rita.user)
    assert accepted() == before


def test_what_joined_the_winner_since_stays_there(rita: Person, two: TwoTopics) -> None:
    services.merge_topic(topic_id=two.billing.pk, into_id=two.invoices.pk, by=rita.user)
    merge = last()
    late = Atom.objects.create(workspace=rita.workspace, type="idea", title="Late")
    late.topics.add(two.invoices)
    services.change_topic(topic_id=two.invoices.pk, by=rita.user, values={"keywords": ["new"]})
    services.take_back(edit_id=merge, by=rita.user)
    two.invoices.refresh_from_db()
    assert set(two.invoices.atoms.all()) == {late, two.atoms[0]}
    assert set(two.billing.atoms.all()) == set(two.atoms)
    assert two.invoices.keywords == ["new"]


def test_merges_in_a_row_are_taken_back_in_their_order(rita: Person, two: TwoTopics) -> None:
    third = Topic.objects.create(workspace=rita.workspace, name="Money")
    before = accepted()
    services.merge_topic(topic_id=two.billing.pk, into_id=two.invoices.pk, by=rita.user)
    first = last()
    services.merge_topic(topic_id=two.invoices.pk, into_id=third.pk, by=rita.user)
    with pytest.raises(Conflict) as refused:
        services.take_back(edit_id=first, by=rita.user)
    assert refused.value.error_code == "changed_since"
    services.take_back(edit_id=last(), by=rita.user)
    services.take_back(edit_id=first, by=rita.user)
    assert accepted() == before


def test_a_merge_of_atoms_is_taken_back_exactly(rita: Person, two: TwoTopics) -> None:
    other = Atom.objects.create(workspace=rita.workspace, type="problem", title="VAT is wrong")
    AtomLink.objects.create(workspace=rita.workspace, from_atom=two.atoms[2], to_atom=other, type="supports")
    before = accepted()
    services.merge_atom(atom_id=two.atoms[0].pk, into_id=other.pk, by=rita.user)
    assert set(other.tasks.all()) == {two.task}
    assert other.links_in.count() == 2
    services.take_back(edit_id=last(), by=rita.user)
    assert accepted() == before


def test_a_split_takes_atoms_with_their_words_and_links(rita: Person, two: TwoTopics) -> None:
    before = accepted()
    chosen = [two.atoms[0].pk, two.atoms[1].pk]
    made = services.split_topic(topic_id=two.billing.pk, by=rita.user, name=" VAT ", atoms=chosen)
    assert made.name == "VAT"
    assert {atom.pk for atom in made.atoms.all()} == set(chosen)
    assert list(two.billing.atoms.all()) == [two.atoms[2]]
    assert set(made.quotes.all()) == set(two.atoms[0].quotes.all())
    assert AtomLink.objects.count() == 1
    assert two.atoms[0].tasks.get() == two.task
    services.take_back(edit_id=last(), by=rita.user)
    assert accepted() == before


def test_a_split_may_leave_the_atoms_here_too(rita: Person, two: TwoTopics) -> None:
    made = services.split_topic(topic_id=two.billing.pk, by=rita.user, name="VAT", atoms=[two.atoms[0].pk], keep=True)
    assert made.atoms.get() == two.atoms[0]
    assert two.billing.atoms.count() == 3


@pytest.mark.long
@pytest.mark.parametrize("wrong", ["nothing", "elsewhere", "a name taken", "no name"])
def test_a_split_that_makes_no_sense_changes_nothing(rita: Person, two: TwoTopics, wrong: str) -> None:
    outside = Atom.objects.create(workspace=rita.workspace, type="idea", title="Elsewhere")
    before = accepted()
    atoms = {"nothing": [], "elsewhere": [outside.pk]}.get(wrong, [two.atoms[0].pk])
    name = {"a name taken": "invoices", "no name": "  "}.get(wrong, "VAT")
    with pytest.raises((Invalid, Conflict)):
        services.split_topic(topic_id=two.billing.pk, by=rita.user, name=name, atoms=atoms)
    assert accepted() == before


def test_what_others_built_on_a_split_is_told_before_it_goes(rita: Person, two: TwoTopics) -> None:
    made = services.split_topic(topic_id=two.billing.pk, by=rita.user, name="VAT", atoms=[two.atoms[0].pk])
    split = last()
    late = Atom.objects.create(workspace=rita.workspace, type="idea", title="Late")
    late.topics.add(made)
    bills = Topic.objects.create(workspace=rita.workspace, name="Bills", status="merged", merged_into=made)
    with pytest.raises(Conflict) as refused:
        services.take_back(edit_id=split, by=rita.user)
    assert refused.value.error_code == "has_consequences"
    assert {item["title"] for item in refused.value.extra["items"]} == {"Late", "Bills"}
    services.take_back(edit_id=split, by=rita.user, confirm=True)
    assert set(two.billing.atoms.all()) == {*two.atoms, late}
    bills.refresh_from_db()
    assert (bills.status, bills.merged_into) == ("active", None)
    assert not Topic.objects.filter(pk=made.pk).exists()


@pytest.mark.long
def test_the_page_finds_a_topic_to_merge_into_and_takes_it_back(rita: Person, two: TwoTopics) -> None:
    Topic.objects.create(workspace=rita.workspace, name="Holidays")
    client, at = rita.browser, f"/topics/{two.billing.pk}/merge/"
    near = Page.of(client.get(at)).one("section", id="found").text
    assert "Invoices" in near
    assert "Holidays" not in near
    page = Page.of(client.get(at + "?q=holi"))
    assert "Invoices" not in page.one("section", id="found").text
    page = Page.of(client.get(at + "?q=invo"))
    done = submit(client, page, page.one("form", action="/merge/"), at)
    here = f"/topics/{two.invoices.pk}/"
    assert done["Location"] == here
    page = Page.of(client.get(here))
    assert "merged into this: Billing" in " ".join(page.one("section", id="history").text.split())
    assert submit(client, page, page.one("form", action="/undo/"), here)["Location"] == here
    two.billing.refresh_from_db()
    assert two.billing.status == "active"


@pytest.mark.long
def test_the_page_splits_by_a_plain_form(rita: Person, two: TwoTopics) -> None:
    client, at = rita.browser, f"/topics/{two.billing.pk}/split/"
    page = Page.of(client.get(at))
    boxes = {tag.attrs["value"] for tag in page.all("input", name="atoms")}
    assert boxes == {str(atom.pk) for atom in two.atoms}
    form = page.one("form", class_="stack")
    done = submit(client, page, form, at, name="VAT", atoms=[str(two.atoms[1].pk)])
    made = Topic.objects.get(name="VAT")
    assert done["Location"] == f"/topics/{made.pk}/"
    assert made.atoms.get() == two.atoms[1]
    told = " ".join(Page.of(client.get(f"/topics/{made.pk}/")).one("section", id="history").text.split())
    assert "rita split this off from Billing" in told


@pytest.mark.long
def test_the_api_merges_splits_and_takes_back(rita: Person, two: TwoTopics) -> None:
    at = f"/api/topics/{two.billing.pk}"
    made = rita.api.post(f"{at}/split", {"name": "VAT", "atoms": [two.atoms[0].pk]}, format="json")
    assert (made.status_code, made.json()["atoms"]) == (201, 1)
    into = rita.api.post(f"{at}/merge", {"into": made.json()["id"]}, format="json")
    assert (into.status_code, into.json()["atoms"]) == (200, 3)
    history = rita.api.get(f"{at}/history").json()
    assert [line["what"] for line in history if line["edit"]] == ["by hand: merge", "by hand: split"]
    edit = next(line["edit"] for line in history if line["edit"])
    assert rita.api.post(f"{at}/undo", {"edit": edit}, format="json").status_code == 200
    assert rita.api.get(at).json()["status"] == "active"
    late = Atom.objects.create(workspace=rita.workspace, type="idea", title="Late")
    late.topics.add(made.json()["id"])
    split = next(line["edit"] for line in history if line["what"] == "by hand: split")
    refused = rita.api.post(f"{at}/undo", {"edit": split}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "has_consequences")
    assert refused.json()["items"] == [{"kind": "atom", "id": late.pk, "title": "Late"}]
    assert rita.api.post(f"{at}/undo", {"edit": split, "confirm": True}, format="json").status_code == 200
