# SPDX-License-Identifier: Apache-2.0
"""What the demo shows: lines that stay, and below them, on a terminal, one line that is rewritten."""

import os
import shutil
import sys
import time
import unicodedata


class Gone(Exception):
    """Nobody reads any more: the terminal was closed, or the pipe."""


class Screen:
    def __init__(self, out=sys.stdout):
        self._out = out
        self._rewrites = out.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._symbols = "utf" in (out.encoding or "").lower()
        self._live = False
        self._started = time.monotonic()
        self.interval_seconds = 2 if self._rewrites else 10

    def symbol(self, symbol, plain):
        return symbol if self._symbols else plain

    def start_clock(self):
        """Events are stamped with the time since now."""
        self._started = time.monotonic()

    def seconds(self):
        return time.monotonic() - self._started

    def line(self, text=""):
        self._clear()
        self._write(text + "\n")

    def event(self, text):
        self.line(f"[{self._stamp()}] {text}")

    def live(self, text):
        """The summary: replaces the last one on a terminal, is a line of its own elsewhere."""
        text = f"[{self._stamp()}] {text}"
        if self._rewrites:
            self._write("\r\033[K" + _cut(text, shutil.get_terminal_size().columns - 1))
            self._live = True
        else:
            self._write(text + "\n")

    def _stamp(self):
        minutes, seconds = divmod(int(self.seconds()), 60)
        return f"{minutes:02}:{seconds:02}"

    def _clear(self):
        if self._live:
            self._write("\r\033[K")
            self._live = False

    def _write(self, text):
        if not self._symbols:
            text = text.encode("ascii", "replace").decode()
        try:
            self._out.write(text)
            self._out.flush()
        except (OSError, ValueError) as error:
            raise Gone from error


def _cut(text, columns):
    width = 0
    for index, character in enumerate(text):
        width += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if width > columns:
            return text[:index]
    return text
