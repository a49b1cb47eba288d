# SPDX-License-Identifier: Apache-2.0
"""A web server that sends files as they are: answering costs it next to nothing."""

import os
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

# How long an answer is held back where nobody lets it go.
LONGEST_HOLD_SECONDS = 120


@dataclass
class Answer:
    """`asked` is set once a request came; nothing is sent before `may_go`."""
    path: str
    encoding: str = ""
    asked: Event = field(default_factory=Event)
    may_go: Event = field(default_factory=Event)


class FileServer:
    """JSON on loopback, on a free port; use as a context manager. `answers`: path of a URL -> Answer, whatever the
    method. Everything else is 404."""

    def __init__(self):
        self.answers = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, daemon=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def show(self, url_path, path, encoding="", held=False):
        """From now on. Returns the Answer."""
        answer = Answer(str(path), encoding)
        if not held:
            answer.may_go.set()
        self.answers[url_path] = answer
        return answer

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        for answer in self.answers.values():
            answer.may_go.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=10)

    def _handler(self):
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 120

            def do_GET(self):  # pylint: disable=invalid-name
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                answer = server.answers.get(self.path)
                if answer is None:
                    self.send_error(404)
                    return
                answer.asked.set()
                answer.may_go.wait(LONGEST_HOLD_SECONDS)
                with open(answer.path, "rb") as file:
                    self.send_response(200)
                    self.send_header("Content-Type", "application/json;charset=utf-8")
                    if answer.encoding:
                        self.send_header("Content-Encoding", answer.encoding)
                    self.send_header("Content-Length", str(os.fstat(file.fileno()).st_size))
                    self.end_headers()
                    self.connection.sendfile(file)

            do_POST = do_GET

            def log_message(self, *_):  # pylint: disable=arguments-differ
                pass

        return Handler
