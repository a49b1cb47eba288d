# SPDX-License-Identifier: Apache-2.0
"""Faults that change the text of an answer, or send the right text wrongly."""
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Callable, Iterator

from .metabase_wire import Connection, Stream
from .metabase_writing import json_text

if TYPE_CHECKING:
    from .metabase_settings import CardSettings, MetabaseSettings

HOLD_SECONDS = 600.0   # Metabase itself gives up on a query after that
_SLOW_SECONDS = 180.0  # until the first byte
_DRIP_SECONDS = 1.0    # between two bytes or rows
_EMPTY_SECONDS = 1.0


@dataclass(frozen=True)
class Body:
    pieces: Iterator[bytes]  # of rows or of rounds of rows, and the end
    rows: int
    rows_per_piece: int

    def middle(self, rows: int) -> int:
        """The piece before which `rows` rows (none given: half of them) have been sent; at least one, if there is
        any."""
        if not self.rows:
            return 0
        count = -(-self.rows // self.rows_per_piece)
        return max(1, min((rows or self.rows // 2) // self.rows_per_piece, count))


def _whole(text: bytes, _body: Body) -> Iterator[bytes]:
    yield text


def _before(text: bytes, body: Body) -> Iterator[bytes]:
    """With the first piece, since nothing comes earlier."""
    for piece in body.pieces:
        yield text + piece
        text = b""


def _bad_json(body: Body) -> Iterator[bytes]:
    for piece in body.pieces:
        yield piece.replace(b",", b",,", 1)


def _twice(body: Body) -> Iterator[bytes]:
    """A second text behind the first."""
    yield from body.pieces
    yield b"[]"


BODIES: dict[str, Callable[[Body], Iterator[bytes]]] = {
    "leading_blanks": partial(_before, b"\n\n \t\r\n" + b"\n" * 600),
    "bom": partial(_before, b"\xef\xbb\xbf"),
    "bad_json": _bad_json,
    "trailing_text": _twice,
    "wrong_top": partial(_whole, b'{"rows":[{"Vendor Code":"V001"}],"message":"not what was asked for"}'),
    "scalar_top": partial(_whole, b"17"),
}


# Sent wrongly. Each has the whole of the sending to itself.

@dataclass(frozen=True)
class Sending:
    connection: Connection
    stream: Stream
    body: Body
    settings: "CardSettings | MetabaseSettings"
    aborts_midway: bool
    failed: dict                    # the object that follows the rows

    def send(self) -> None:
        """As it should be."""
        for piece in self.body.pieces:
            self.stream.write(piece)
        self.stream.finish()

    def seconds(self, usual: float) -> float:
        return self.settings.fault_seconds or usual

    def to_the_middle(self) -> bytes:
        """Sends what comes before it; the piece that would be next."""
        place = self.body.middle(self.settings.fault_rows)
        for index, piece in enumerate(self.body.pieces):
            if index == place:
                return piece
            self.stream.write(piece)
        return b""


def _slow_first_byte(sending: Sending) -> None:
    sending.connection.wait(sending.seconds(_SLOW_SECONDS))
    sending.send()


def _drip(sending: Sending) -> None:
    """A byte now and then."""
    for piece in sending.body.pieces:
        for index in range(len(piece)):
            sending.stream.write(piece[index:index + 1])
            sending.connection.wait(sending.seconds(_DRIP_SECONDS))
    sending.stream.finish()


def _row_drip(sending: Sending) -> None:
    for piece in sending.body.pieces:
        sending.stream.write(piece)
        sending.connection.wait(sending.seconds(_DRIP_SECONDS))
    sending.stream.finish()


def _silent(sending: Sending) -> None:
    sending.connection.wait(sending.seconds(HOLD_SECONDS))
    sending.stream.cut()


def _empty(sending: Sending) -> None:
    """What a query comes to for which Metabase's patience ended: a good status and nothing behind it."""
    sending.connection.wait(sending.seconds(_EMPTY_SECONDS))
    sending.stream.end_framing()


def _cut(sending: Sending) -> None:
    """Ends within a row."""
    piece = sending.to_the_middle()
    sending.stream.write(piece[:len(piece) // 2])
    sending.stream.cut()


def _cut_between_rows(sending: Sending) -> None:
    sending.to_the_middle()
    sending.stream.cut()


def _cut_terminated(sending: Sending) -> None:
    """Ends within a row, though HTTP and gzip end well."""
    piece = sending.to_the_middle()
    sending.stream.write(piece[:len(piece) // 2])
    sending.stream.finish()


def _abort(sending: Sending) -> None:
    piece = sending.to_the_middle()
    sending.stream.write(piece[:len(piece) // 2])
    sending.stream.abort()


def _fail_midway(sending: Sending) -> None:
    """As this version does it."""
    sending.to_the_middle()
    if sending.aborts_midway:
        sending.stream.abort()
    else:
        sending.stream.write(json_text(sending.failed))
        sending.stream.finish()


def _append_error(sending: Sending) -> None:
    """As the older versions do it, whatever this one does."""
    sending.to_the_middle()
    sending.stream.write(json_text(sending.failed))
    sending.stream.finish()


def _append_error_as_a_row(sending: Sending) -> None:
    """Behind a comma, as if one more row had begun."""
    sending.to_the_middle()
    sending.stream.write(b",\n" + json_text(sending.failed))
    sending.stream.finish()


def _error_as_the_first_row(sending: Sending) -> None:
    sending.stream.write(b"[\n" + json_text(sending.failed))
    sending.stream.finish()


def _error_behind_the_end(sending: Sending) -> None:
    for piece in sending.body.pieces:
        sending.stream.write(piece)
    sending.stream.write(json_text(sending.failed))
    sending.stream.finish()


def _without_gzip_trailer(sending: Sending) -> None:
    """The text is whole. Where it is not compressed, its end is missing instead."""
    _spoilt_end(sending, lambda end: end[:-8])


def _wrong_gzip_trailer(sending: Sending) -> None:
    _spoilt_end(sending, lambda end: end[:-8] + bytes(byte ^ 0x55 for byte in end[-8:]))


def _spoilt_end(sending: Sending, spoil: Callable[[bytes], bytes]) -> None:
    if sending.stream.zipped:
        for piece in sending.body.pieces:
            sending.stream.write(piece)
        sending.stream.send_coded(spoil(sending.stream.trailer()))
    else:
        last = b""
        for piece in sending.body.pieces:
            sending.stream.write(last)
            last = piece
        sending.stream.write(spoil(last))
    sending.stream.end_framing()


def _steal_bytes(sending: Sending) -> None:
    """The probe of this query eats the start of what comes next on the connection."""
    sending.send()
    sending.connection.steal_bytes = 1


SENDINGS: dict[str, Callable[[Sending], None]] = {
    "slow_first_byte": _slow_first_byte, "drip": _drip, "row_drip": _row_drip, "silent": _silent,
    "hang_up": lambda sending: sending.stream.cut(), "empty": _empty, "cut": _cut,
    "cut_between_rows": _cut_between_rows, "cut_terminated": _cut_terminated, "abort": _abort,
    "failed_midway": _fail_midway, "error_appended": _append_error,
    "error_as_a_row": _append_error_as_a_row, "error_as_the_first_row": _error_as_the_first_row,
    "error_behind_the_end": _error_behind_the_end, "truncated_gzip": _without_gzip_trailer,
    "wrong_gzip_trailer": _wrong_gzip_trailer, "steal_bytes": _steal_bytes,
}
