"""Proposals by what they say: words of title, body and quotes; the topic that they name."""

from django.contrib.postgres.search import SearchQuery
from django.db.models import Q, QuerySet

from ingestion import selectors as said
from ingestion.models import Message
from knowledge.models import Topic
from proposals.models import Evidence, Proposal, document
from tasktracker.core.models import Workspace

MOST_WORDS = 10


def words_of(text: str) -> list[str]:
    """The words of a search, as the full-text indexes cut them; at most MOST_WORDS."""
    return "".join(c if c.isalnum() else " " for c in text).split()[:MOST_WORDS]


def saying(rows: QuerySet[Proposal], text: str, workspace: Workspace) -> QuerySet[Proposal]:
    """Those of `rows` with every word of `text`, each in the title, the body or a quote; a word may be a beginning.

    What has no letter in it is looked for in titles only.
    """
    words = words_of(text)
    if not words and text.strip():
        return rows.filter(title__icontains=text.strip())
    for word in words:
        query = SearchQuery(f"{word}:*", search_type="raw", config="simple")
        own = Proposal.objects.filter(workspace=workspace).alias(document=document()).filter(document=query)
        heard = said.matching(Message.objects.filter(workspace=workspace), word).values("pk")
        quoted = Evidence.objects.filter(quote__message__in=heard, quote__text__icontains=word)
        # Two index scans, not one OR: that would read every proposal.
        rows = rows.filter(pk__in=own.order_by().values("pk").union(quoted.order_by().values("proposal_id")))
    return rows


def in_topic(name: str, workspace: Workspace) -> QuerySet[Proposal, int]:
    """The keys of what belongs to the topic of this name: itself, what would change it, the atoms that name it."""
    known = list(Topic.objects.filter(workspace=workspace, name__iexact=name).values_list("pk", flat=True)[:20])
    own = Proposal.objects.filter(workspace=workspace).order_by()
    atoms, topics = own.filter(kind="atom"), own.filter(kind="topic")
    parts = [atoms.filter(payload__topic__iexact=name), topics.filter(Q(title__iexact=name) | Q(target_id__in=known))]
    parts += [atoms.filter(Q(payload__topic=pk) | Q(payload__topic_id=pk)) for pk in known]
    first, *others = [part.values_list("pk", flat=True) for part in parts]
    return first.union(*others)  # each by an index of its own, which an OR would not use
