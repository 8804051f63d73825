"""What our API is measured against: FastAPI, SQLAlchemy's async engine and asyncpg, storing the same row.

It asks for no token, writes no event, and looks up neither source nor channel nor author: those come by `RIVAL_PLACE`,
four numbers as JSON (workspace, source, channel, author). Only the benchmark starts it, as a process of its own.
"""

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field
from sqlalchemy import BigInteger, Boolean, Column, DateTime, Float, MetaData, Table, Text
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

POOL = 32  # one for each connection of the benchmark
WORKSPACE, SOURCE, CHANNEL, AUTHOR = json.loads(os.environ["RIVAL_PLACE"])

messages = Table(
    "ingestion_message",
    MetaData(),
    Column("id", BigInteger, primary_key=True),
    *(Column(name, BigInteger) for name in ("workspace_id", "source_id", "channel_id", "author_id")),
    *(Column(name, Text) for name in ("external_id", "kind", "text", "reply_to", "thread", "thread_title")),
    *(Column(name, Text) for name in ("forwarded_from", "verdict", "verdict_reason", "verdict_by", "category")),
    *(Column(name, DateTime(timezone=True)) for name in ("sent_at", "edited_at", "received_at")),
    Column("is_own", Boolean),
    Column("verdict_score", Float),
    Column("metadata", JSONB),
)


class MessageIn(BaseModel):
    """What is posted."""

    source: str = Field(max_length=200)
    external_id: str = Field(max_length=200)
    author: str = Field(max_length=200)
    text: str = Field(max_length=20_000)
    sent_at: datetime


class MessageOut(BaseModel):
    """What is answered."""

    id: int
    source: str
    external_id: str
    author: str
    text: str
    sent_at: datetime
    received_at: datetime


def engine() -> AsyncEngine:
    """On the database of DATABASE_URL, by its Unix socket where it names one."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    url = URL.create(
        "postgresql+asyncpg",
        username=unquote(parts.username or ""),
        password=unquote(parts.password) if parts.password else None,
        host=parts.hostname,
        port=parts.port,
        database=unquote(parts.path[1:]),
        query=dict(parse_qsl(parts.query)),
    )
    return create_async_engine(url, pool_size=POOL, max_overflow=0)


store = engine()
# Made once, and without the ORM: as quick as SQLAlchemy has it.
INSERT = insert(messages).on_conflict_do_nothing().returning(messages.c.id)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    yield
    await store.dispose()


app = FastAPI(lifespan=lifespan)


@app.post("/api/messages", status_code=201)
async def create(given: MessageIn) -> MessageOut:
    """201 once the row is committed, 409 for one that is there."""
    values: dict[str, Any] = {
        "workspace_id": WORKSPACE,
        "source_id": SOURCE,
        "channel_id": CHANNEL,
        "author_id": AUTHOR,
        "external_id": given.external_id,
        "kind": "message",
        "text": given.text,
        "sent_at": given.sent_at,
        "received_at": datetime.now(UTC),
        "is_own": False,
        "verdict": "weak",
        "verdict_reason": "",
        "verdict_score": 0.5,
        "verdict_by": "rule",
        "category": "",
        "metadata": {},
    } | dict.fromkeys(("reply_to", "thread", "thread_title", "forwarded_from"), "")
    async with store.begin() as connection:
        number = (await connection.execute(INSERT, values)).scalar_one_or_none()
    if number is None:
        raise HTTPException(409, "It is there.")
    return MessageOut(id=number, received_at=values["received_at"], **given.model_dump())
