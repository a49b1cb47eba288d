# SPDX-License-Identifier: Apache-2.0
"""What a route gives back, or why it refuses."""
import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Answer:
    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()
    date: int | None = None  # the Date header, where it is not the real time; microseconds


class Refused(Exception):
    """A request that cannot be served; becomes {"detail": message}."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def json_answer(value: object, status: int = 200, **more) -> Answer:
    return Answer(status, json.dumps(value).encode(), **more)


def whole_number(text: str, least: int) -> int | None:
    """Plain ASCII digits of bounded length with a value of at least `least`; nothing for anything else."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        return None
    return int(text) if int(text) >= least else None
