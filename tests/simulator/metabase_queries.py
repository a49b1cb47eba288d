# SPDX-License-Identifier: Apache-2.0
"""A question is run: it waits for a thread, finds its rows, and is answered in the way of the version or of a fault."""
import time
from dataclasses import dataclass
from threading import Condition
from typing import TYPE_CHECKING, Iterator

from .clock import iso, system_clock
from .metabase_answers import ANSWERS, FAILURES, HUGE_STACKTRACE_BYTES, Failure
from .metabase_cards import VENDOR_COLUMN, Card, Table
from .metabase_profiles import Profile
from .metabase_rows import TABLES
from .metabase_sending import BODIES, SENDINGS, Body, Sending
from .metabase_settings import CardSettings, MetabaseSettings
from .metabase_wire import ClientGone, Connection, Stream
from .metabase_writing import (Writer, csv_writer, duplicating_writer, export_writer, failed_query, json_text,
                               query_writer)

if TYPE_CHECKING:
    from .metabase import Metabase

_USUAL_LIMIT = 2000
_PIECE_BYTES = 64 << 10
_CONTENT_TYPES = {"query": "application/json; charset=utf-8", "json": "application/json; charset=utf-8",
                  "csv": "text/csv"}
_CONTEXTS = {"query": "question", "json": "json-download", "csv": "csv-download"}


@dataclass(frozen=True)
class Query:
    card: Card
    form: str                    # query, json or csv
    formatted: bool = False      # values as a person reads them
    vendor: str | None = None    # only this one's rows
    limit: int | None = None     # named by the asker: goes before every other one
    most: int | None = None      # constraints from the request, instead of the usual ones
    gzip: bool = False


class Threads:
    """Metabase's own: first come, first served; who finds none waits without an end. Safe from any thread."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._waiting: list[object] = []
        self._running = 0

    def take(self, metabase: "Metabase") -> None:
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
            while self._waiting[0] is not ticket or self._running >= metabase.settings().query_threads:
                self._changed.wait(0.05)  # the number of threads may have been changed
                if metabase.stopping.is_set():
                    self._waiting.remove(ticket)
                    raise ClientGone
            self._waiting.remove(ticket)
            self._running += 1
            self._changed.notify_all()

    def give_back(self) -> None:
        with self._changed:
            self._running -= 1
            self._changed.notify_all()


def serve_query(metabase: "Metabase", connection: Connection, query: Query) -> None:
    number = query.card.number
    metabase.statistics.begin_query(number, reused=connection.queries > 0, gone=connection.gone)
    connection.queries += 1
    try:
        metabase.threads.take(metabase)
        try:
            connection.wait(metabase.settings().query_seconds)
            _run(metabase, connection, query)
        finally:
            metabase.threads.give_back()
    except ClientGone:
        connection.keep = False
        metabase.statistics.count_cancelled(number, half_closed=connection.still_reads(b"\r\n"))
    except OSError:
        metabase.statistics.count_cancelled(number, half_closed=False)
        raise
    finally:
        metabase.statistics.end_query(number, connection.gone)


def _run(metabase: "Metabase", connection: Connection, query: Query) -> None:
    settings = metabase.take_fault(query.card.number)
    fault = settings.fault
    if fault == "revoke_sessions":
        metabase.sessions.revoke()
        fault = "unauthenticated"
    if fault in ANSWERS:
        answer = ANSWERS[fault]()
        metabase.statistics.count_answer(answer.status)
        connection.answer(answer)
    elif fault in FAILURES:
        _fail(metabase, connection, query, FAILURES[fault], settings)
    else:
        _send_rows(metabase, connection, query, settings)
        if fault == "revoke_after":
            metabase.sessions.revoke()


def fail(metabase: "Metabase", connection: Connection, query: Query, failure: Failure) -> None:
    """For a query that is itself wrong."""
    _fail(metabase, connection, query, failure, CardSettings())


def _fail(metabase: "Metabase", connection: Connection, query: Query, failure: Failure,
          settings: CardSettings | MetabaseSettings) -> None:
    profile = metabase.profile()
    status = settings.fault_status or (failure.honest_status if profile.honest_status else _good_status(query))
    body = json_text(_failure_object(profile, query, failure))
    stream = _stream(connection, profile, query, status,
                     "application/json" if profile.honest_status else _CONTENT_TYPES[query.form])
    stream.write(body)
    stream.finish()


def _failure_object(profile: Profile, query: Query, failure: Failure) -> dict:
    if failure.escaped:
        return {"via": [{"type": "java.lang.NullPointerException", "at": ["metabase.query_processor$f", "invoke"]}],
                "trace": [["metabase.query_processor$f", "invoke", "query_processor.clj", 7]],
                "cause": "Cannot invoke \"Object.getClass()\" because \"x\" is null", "_status": 500}
    frame = "clojure.lang.RestFn.invoke(RestFn.java:457)"
    frames = HUGE_STACKTRACE_BYTES // len(frame) if failure.huge else 3
    return failed_query(profile, card=query.card.number, context=_CONTEXTS[query.form], error=failure.error,
                        error_type=failure.error_type, started_at=iso(system_clock()), stacktrace=[frame] * frames)


def _send_rows(metabase: "Metabase", connection: Connection, query: Query,
               settings: CardSettings | MetabaseSettings) -> None:
    profile, fault, started = metabase.profile(), settings.fault, time.monotonic()
    card = metabase.cards.after(query.card.number) if fault == "cross_talk" else query.card
    table, limit = _rows_of(metabase, card, query)
    if fault in TABLES:
        table = TABLES[fault](table)
    writer = _writer(profile, query, table, fault, limit, started)
    rows_per_piece = max(1, len(table.rows)) if table.repeats else 1
    body = Body(writer.pieces(table), table.total, rows_per_piece)
    if fault in BODIES:
        body = Body(BODIES[fault](body), body.rows, body.rows_per_piece)
    elif fault not in SENDINGS:
        body = Body(_joined(body.pieces), body.rows, body.rows_per_piece)
    status = fault == "empty" and settings.fault_status or _good_status(query)
    stream = _stream(connection, profile, query, status, _CONTENT_TYPES[query.form], card)
    midway = Failure("Error reducing result rows: ERROR: canceling statement due to conflict with recovery")
    sending = Sending(connection, stream, Body(_watched(connection, body.pieces), body.rows, body.rows_per_piece),
                      settings, profile.aborts_midway, _failure_object(profile, query, midway))
    SENDINGS.get(fault, Sending.send)(sending)


def _rows_of(metabase: "Metabase", card: Card, query: Query) -> tuple[Table, int | None]:
    """And the limit, where it cut or may have cut them and the answer says so."""
    with metabase.lock:
        table = card.find()
    if query.vendor is not None:
        table = table.where(VENDOR_COLUMN, query.vendor)
    settings = metabase.settings()
    if query.limit is not None:
        return table.limited(query.limit), None
    if query.form == "query":
        limit = query.most or settings.unaggregated_row_limit or _USUAL_LIMIT
        return table.limited(limit), limit if table.total >= limit else None
    if metabase.profile().limit_cuts_exports and settings.unaggregated_row_limit:
        table = table.limited(settings.unaggregated_row_limit)
    return table if metabase.card_settings(card.number).own_limit else table.limited(settings.download_row_limit), None


def _writer(profile: Profile, query: Query, table: Table, fault: str, limit: int | None, started: float) -> Writer:
    if query.form == "csv":
        return csv_writer(table, profile, query.formatted)
    if query.form == "json":
        return (duplicating_writer if fault == "duplicate_keys" else export_writer)(table, profile, query.formatted)
    data = {"native_form": {"query": "SELECT 1 AS secret_sql", "params": None}, "results_timezone": "UTC",
            "results_metadata": {"columns": []}, "insights": None}
    if limit is not None:
        data["rows_truncated"] = limit
    return query_writer(table, profile, {
        "data": data, "database_id": 1, "started_at": iso(system_clock()), "cached": None,
        "json_query": {"database": 1, "type": "native"}, "average_execution_time": None, "status": "completed",
        "context": _CONTEXTS["query"], "row_count": table.total,
        "running_time": round((time.monotonic() - started) * 1000)})


def _stream(connection: Connection, profile: Profile, query: Query, status: int, content_type: str,
            card: Card | None = None) -> Stream:
    headers = [("Content-Type", content_type)]
    if query.form != "query" and card is not None:
        slug = card.name.lower().replace(" ", "_")
        headers.append(("Content-Disposition",
                        f'attachment; filename="{slug}_{iso(system_clock())[:-4]}Z.{query.form}"'))
    return Stream(connection, status, headers, chunked=profile.chunked, keep=profile.keeps_connection, gzip=query.gzip)


def _good_status(query: Query) -> int:
    return 202 if query.form == "query" else 200


def _joined(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Fewer and larger ones, but the first at once: a good answer begins with its first row."""
    first = next(pieces)
    yield first
    waiting, size = [], 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= _PIECE_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


def _watched(connection: Connection, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Metabase looks after its client as long as a query runs."""
    for piece in pieces:
        if connection.gone():
            raise ClientGone
        yield piece
