# SPDX-License-Identifier: Apache-2.0
"""HTTP to our own servers on loopback: no proxy, no redirects, every call with a deadline."""

import json
import urllib.error
import urllib.request

LONGEST_BODY = 64 << 20


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args, **_kwargs):
        return None


_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects)


def request(url, method="GET", body=None, headers=None, seconds=10):
    """(status, headers, bytes). Raises OSError where no answer comes."""
    asked = urllib.request.Request(url, data=body, method=method, headers=headers or {})
    try:
        with _opener.open(asked, timeout=seconds) as answer:
            return answer.status, answer.headers, answer.read(LONGEST_BODY)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, error.read(LONGEST_BODY)


def get_json(url, seconds=10):
    status, _, body = request(url, seconds=seconds)
    if status != 200:
        raise OSError(f"{url} answered {status}: {body[:200]!r}")
    return json.loads(body)


def post_json(url, value, headers=None, seconds=10):
    sent = {"Content-Type": "application/json", **(headers or {})}
    status, _, body = request(url, "POST", json.dumps(value).encode(), sent, seconds)
    if status >= 300:
        raise OSError(f"{url} answered {status}: {body[:200]!r}")
    return json.loads(body) if body else None


def answers_ok(url, seconds=2):
    """Whether `url` answers 200 now."""
    try:
        return request(url, seconds=seconds)[0] == 200
    except OSError:
        return False
