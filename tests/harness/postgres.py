# SPDX-License-Identifier: Apache-2.0
"""A private PostgreSQL cluster: own folder, free loopback port, own socket, password by SCRAM. It neither needs nor
touches the cluster of the system."""

import glob
import os
import pwd
import re
import secrets
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg2

from .processes import Child, NotReady, clean_environment, free_port, gone, state, wait_until
from .scratch import Scratch

SUPERUSER = "postgres"
ROLES = Path(__file__).resolve().parents[2] / "exporter" / "sql" / "roles.sql"

# What a throw-away cluster may do without; the rest is PostgreSQL's default. Without fsync a power cut loses data, a
# killed process does not.
FAST_SETTINGS = {"fsync": "off", "full_page_writes": "off", "autovacuum_naptime": "10s"}


def find_program(name):
    """The newest installed version's `name`: Debian keeps initdb and postgres off the PATH."""
    versions = glob.glob(f"/usr/lib/postgresql/*/bin/{name}")
    if versions:
        return max(versions, key=lambda path: int(re.search(r"/(\d+)/", path).group(1)))
    found = shutil.which(name)
    if not found:
        raise NotReady(f"PostgreSQL's {name} was not found; Debian has it in the package postgresql")
    return found


def server_user():
    """The user to run the server as: initdb and postgres refuse root. None: as ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NotReady("PostgreSQL refuses to run as root, and there is no user postgres or nobody to run it as")


class Postgres:
    """Use as a context manager, or start() and remove(). Restarts keep port and data."""

    def __init__(self, settings=None, log_path=None):
        self._user = server_user()
        self._scratch = Scratch("o2o-pg-")
        if self._user:
            os.chown(self._scratch.path, self._user.pw_uid, self._user.pw_gid)
        self.data = self._scratch.file("data")
        self.socket_folder = self._scratch.path
        self.log_path = log_path or self._scratch.file("server.log")
        self.port = None
        self.password = secrets.token_hex(16)
        self.passwords = {}  # of the roles that make_database made
        self._settings = {**FAST_SETTINGS, **(settings or {})}
        self._server = None

    def start(self):
        try:
            if not os.path.exists(self.data):
                self._make_cluster()
            self._start_server()
        except BaseException:
            self.remove()
            raise
        return self

    def stop(self, how=signal.SIGINT):
        """SIGINT: fast, breaks the sessions; SIGTERM: smart, waits for them; SIGQUIT: immediate, as after a crash."""
        if self._server:
            self._server.send(how)
            self._server.stop(grace_seconds=20)
            self._server = None

    def kill(self):
        """SIGKILL to the server and all its processes. start() recovers it."""
        if self._server:
            self._kill_children()
            self._server.kill()
            self._server = None

    def restart(self, how=signal.SIGINT):
        self.stop(how)
        self._start_server()

    def remove(self):
        self.stop(signal.SIGQUIT)
        self._scratch.remove()

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.remove()

    @property
    def child(self):
        return self._server

    def dsn(self, database="postgres", user=SUPERUSER, password=None):
        """A libpq URI over TCP."""
        return f"postgresql://{user}:{password or self.password}@127.0.0.1:{self.port}/{database}"

    def connect(self, database="postgres", user=SUPERUSER, password=None):
        """A psycopg2 connection in autocommit mode; the caller closes it."""
        connection = psycopg2.connect(self.dsn(database, user, password), connect_timeout=10)
        connection.autocommit = True
        return connection

    def query(self, sql, parameters=None, database="postgres"):
        """Runs one statement as superuser; its rows, or [] where it has none."""
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, parameters)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def make_database(self, name, owner=None):
        """Makes a database, owned by a role of its own with a password; unqualified names are looked up in public, then among
        the exporter's tables. Returns the owner's DSN."""
        owner = owner or name
        password = secrets.token_hex(16)
        self.query(f"CREATE ROLE \"{owner}\" LOGIN PASSWORD '{password}'")
        self.query(f'CREATE DATABASE "{name}" OWNER "{owner}"')
        self.query(f'ALTER DATABASE "{name}" SET search_path = public, o2o')
        self.passwords[owner] = password
        return self.dsn(name, owner, password)

    def grant_roles(self, database, passwords):
        """Runs exporter/sql/roles.sql, and sets the passwords of roles: name -> password."""
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(ROLES.read_text())
                for role, password in passwords.items():
                    cursor.execute(f'ALTER ROLE "{role}" PASSWORD %s', (password,))
        finally:
            connection.close()

    def drop_database(self, name):
        """Also where somebody still uses it."""
        self.query(f'DROP DATABASE "{name}" WITH (FORCE)')

    def set_read_only(self, on):
        """Every new transaction of every session, also of those that are open, is read-only (or no longer)."""
        self.query(f"ALTER SYSTEM SET default_transaction_read_only = {'on' if on else 'off'}")
        self.query("SELECT pg_reload_conf()")

    def _kill_children(self):
        """Each has a session of its own, so that no signal to the server's group reaches it, and while one lives the next
        start finds its shared memory in use. The server stands still meanwhile: it makes no more and reaps none."""
        server = self._server.pid
        self._server.send(signal.SIGSTOP)
        wait_until(lambda: state(server) in "TZX", 30, "PostgreSQL was stopped", interval=0.01)
        children = [int(pid) for pid in Path(f"/proc/{server}/task/{server}/children").read_text("ascii").split()]
        for pid in children:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: all(map(gone, children)), 30, "PostgreSQL's processes ended", interval=0.01)

    def _make_cluster(self):
        password_file = self._scratch.file("password")
        Path(password_file).write_text(self.password)
        if self._user:
            os.chown(password_file, self._user.pw_uid, self._user.pw_gid)
        os.chmod(password_file, 0o600)
        try:
            self._run("initdb", "-D", self.data, "-U", SUPERUSER, "--auth=scram-sha-256", f"--pwfile={password_file}",
                      "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync")
        finally:
            os.unlink(password_file)

    def _run(self, program, *arguments):
        """Runs one of PostgreSQL's programs to its end, as the user whose the data are."""
        identity = {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []} if self._user else {}
        ran = subprocess.run(
            [find_program(program), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=120, env=clean_environment(), cwd=self._scratch.path,
            start_new_session=True, **identity)
        if ran.returncode != 0:
            raise NotReady(f"{program} failed:\n{ran.stdout}")

    def _start_server(self):
        port = self.port or free_port()
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": port,
            "unix_socket_directories": self.socket_folder,
            "dynamic_shared_memory_type": "mmap",  # in the data folder, so that a killed server leaves nothing elsewhere
            **self._settings,
        }
        argv = [find_program("postgres"), "-D", self.data]
        for name, value in settings.items():
            argv += ["-c", f"{name}={value}"]
        self.port = port
        self._server = Child("PostgreSQL", argv, self.log_path, cwd=self._scratch.path, user=self._user,
                             stop_signal=signal.SIGINT)
        wait_until(self._accepts, 60, "PostgreSQL answered", [self._server])

    def _accepts(self):
        try:
            self.connect().close()
            return True
        except psycopg2.OperationalError:
            return False


class Standby(Postgres):
    """A streaming standby of `primary`, which has to run when this one starts. Roles, passwords and databases are the
    primary's."""

    def __init__(self, primary):
        super().__init__()
        self.password = primary.password
        self._primary = primary

    def promote(self):
        """Makes a primary of it; returns when it takes writes."""
        self.query("SELECT pg_promote(true, 60)")
        wait_until(lambda: self.query("SELECT pg_is_in_recovery()") == [(False,)], 60, "the standby was promoted",
                   [self._server])

    def _make_cluster(self):
        self._run("pg_basebackup", "-d", self._primary.dsn(), "-D", self.data, "--write-recovery-conf",
                  "--wal-method=stream", "--checkpoint=fast", "--no-sync")
