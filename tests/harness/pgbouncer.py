# SPDX-License-Identifier: Apache-2.0
"""A private PgBouncer in front of a harness's Postgres."""

import os
from pathlib import Path

import psycopg2

from .processes import Child, NotReady, free_port, wait_until
from .postgres import server_user
from .service import Service


class PgBouncer(Service):
    """`mode`: session, transaction or statement. Passes every database and user on, with `size` connections to the server
    for each pair."""

    def __init__(self, scratch, postgres, mode, size=5):
        self._postgres = postgres
        self._mode = mode
        self._size = size
        self._folder = scratch.folder("pgbouncer")
        self._child = None
        self.port = None

    @property
    def child(self):
        return self._child

    def behind(self, dsn):
        """The same DSN of the harness's Postgres, by way of the pool."""
        return dsn.replace(f"127.0.0.1:{self._postgres.port}", f"127.0.0.1:{self.port}")

    def connect(self, dsn):
        """A psycopg2 connection in autocommit mode through the pool, by a DSN of either; the caller closes it."""
        connection = psycopg2.connect(self.behind(dsn), connect_timeout=10)
        connection.autocommit = True
        return connection

    def start(self):
        program = "/usr/sbin/pgbouncer"
        if not os.path.exists(program):
            raise NotReady("PgBouncer was not found; Debian has it in the package pgbouncer")
        user = server_user()
        self.port = free_port()
        users = Path(self._folder, "users.txt")
        config = Path(self._folder, "pgbouncer.ini")
        settings = {
            "listen_addr": "127.0.0.1",
            "listen_port": self.port,
            "unix_socket_dir": "",
            "auth_type": "scram-sha-256",
            "auth_file": users,
            "pool_mode": self._mode,
            "default_pool_size": self._size,
        }
        lines = ["[databases]", f"* = host=127.0.0.1 port={self._postgres.port}", "[pgbouncer]",
                 *(f"{name} = {value}" for name, value in settings.items()), ""]
        config.write_text("\n".join(lines), encoding="utf-8")
        # Plain passwords, so that it can log in to the server as the user that logged in here.
        lines = [f'"{name}" "{password}"\n' for name, password in self._users().items()]
        users.write_text("".join(lines), encoding="utf-8")
        for path in (users, config):
            if user:
                os.chown(path, user.pw_uid, user.pw_gid)
            os.chmod(path, 0o600)
        self._child = Child("PgBouncer", [program, "-q", str(config)], Path(self._folder).parent / "pgbouncer.log",
                            cwd=self._folder, user=user)
        wait_until(self._accepts, 30, "PgBouncer answered", [self._child])
        return self

    def stop(self):
        if self._child:
            self._child.stop()
            self._child = None

    def _users(self):
        return {"postgres": self._postgres.password, **self._postgres.passwords}

    def _accepts(self):
        try:
            self.connect(self._postgres.dsn()).close()
            return True
        except psycopg2.OperationalError:
            return False
