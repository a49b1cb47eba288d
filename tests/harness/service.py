# SPDX-License-Identifier: Apache-2.0
"""A server, or several, for the time of a `with`."""


class Service:
    """Subclasses have start(), which returns the service, and stop(), which may be called in any state,
    also where start() failed halfway."""

    def begin(self):
        """What a `with` waits for."""
        return self.start()

    def __enter__(self):
        try:
            return self.begin()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_):
        self.stop()
