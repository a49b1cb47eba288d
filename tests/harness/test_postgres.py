# SPDX-License-Identifier: Apache-2.0
import os
import signal
import socket
from pathlib import Path

import psycopg2
import pytest

from harness.postgres import Postgres
from harness.processes import gone


@pytest.fixture(scope="module")
def postgres():
    with Postgres() as cluster:
        yield cluster


def test_only_the_password_opens_it(postgres):
    assert postgres.query("SELECT 1 + 1") == [(2,)]
    for address in ("127.0.0.1", postgres.socket_folder):
        with pytest.raises(psycopg2.OperationalError, match="password"):
            psycopg2.connect(host=address, port=postgres.port, user="postgres", password="wrong", dbname="postgres")
        psycopg2.connect(host=address, port=postgres.port, user="postgres", password=postgres.password,
                         dbname="postgres").close()


def test_listens_on_loopback_only(postgres):
    assert postgres.query("SHOW listen_addresses") == [("127.0.0.1",)]


def test_database_with_an_owner_of_its_own(postgres):
    connection = psycopg2.connect(postgres.make_database("shop"))
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE TABLE t (id int); SELECT current_user, current_database()")
        assert cursor.fetchone() == ("shop", "shop")
    connection.close()


def test_read_only_and_back(postgres):
    postgres.set_read_only(True)
    with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
        postgres.query("CREATE TABLE forbidden (id int)")
    postgres.set_read_only(False)
    postgres.query("CREATE TABLE allowed (id int)")


def test_keeps_port_and_rows_through_restart_stop_and_kill(postgres):
    port = postgres.port
    postgres.query("CREATE TABLE kept (id int)")
    for take_down in (postgres.restart, postgres.stop, postgres.kill, lambda: postgres.stop(signal.SIGQUIT)):
        postgres.query("INSERT INTO kept VALUES (1)")
        take_down()
        if postgres.child is None:
            with socket.socket() as probe:
                assert probe.connect_ex(("127.0.0.1", port)) != 0
            postgres.start()
        assert postgres.port == port
    assert postgres.query("SELECT count(*) FROM kept") == [(4,)]


def test_kill_takes_every_process_of_the_server(postgres):
    """One that lives on for a moment holds the shared memory, and the next start fails."""
    server = postgres.child.pid
    children = [int(pid) for pid in Path(f"/proc/{server}/task/{server}/children").read_text().split()]
    os.kill(children[0], signal.SIGSTOP)
    postgres.kill()
    assert children and all(gone(pid) for pid in children)
    postgres.start()


def test_killed_and_removed_leaves_no_shared_memory():
    def segments():
        return {line.split()[1] for line in Path("/proc/sysvipc/shm").read_text().splitlines()[1:]}

    with Postgres() as cluster:
        own = Path(cluster.data, "postmaster.pid").read_text().splitlines()[6].split()[1]
        assert own in segments()
        assert cluster.query("SHOW dynamic_shared_memory_type") == [("mmap",)]
        cluster.kill()
    assert own not in segments()


def test_two_beside_each_other_leave_nothing():
    with Postgres() as one, Postgres() as two:
        assert one.port != two.port
        folders = [one.socket_folder, two.socket_folder]
        pids = [one.child.pid, two.child.pid]
        assert all(os.path.isdir(folder) for folder in folders)
    assert not any(os.path.exists(folder) for folder in folders)
    assert not any(os.path.exists(f"/proc/{pid}") for pid in pids)
