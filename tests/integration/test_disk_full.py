# SPDX-License-Identifier: Apache-2.0
"""A disk runs full while the server works, and is given room again.

Under the database: what would store something is refused with words that name the disk and the remedy, nothing is half done, what is
stored or signed is served on. Under the audit file: nothing is done unrecorded. Under the log or the temporary files: issuing goes on.
Each time all goes on by itself once there is room.
"""
import json
import os
import pathlib
import subprocess
import time
import unittest

import signet_server
import small_disk
from ledger import Ledger, Load, check, prepare
from signet_server import STORAGE, Server
from small_disk import SmallDisk
from test_database_faults import LISTENER, POSTGRES_SH, ocsp_path

FULL = "nothing was stored: the database's disk is full. Free some space on it, then it goes on by itself"
PUBLIC = ("pki/crl", "pki/crl/pem", "pki/ca/pem")


def setUpModule():
    small_disk.enter()


def wait_for(what, limit=30.0):
    end = time.monotonic() + limit
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def serials(server):
    return set(server.call("LIST", "pki/certs")[2]["data"]["keys"])


class Case(unittest.TestCase):
    def loaded(self, server, ledger):
        self.assertTrue(wait_for(lambda: len(ledger.issued) >= 30 and ledger.revoked), "issues before the disk is full")

    def goes_on(self, ledger, count=20):
        good = len(ledger.issued)
        self.assertTrue(wait_for(lambda: len(ledger.issued) >= good + count), f"goes on by itself: {ledger.failures[-3:]}")

    def status_is_served(self, server, *paths):
        for path in paths:
            asked = time.monotonic()
            status, _, body = server.request("GET", path, token="")
            self.assertEqual(status, 200, (path, body[:200]))
            self.assertLess(time.monotonic() - asked, 5, path)


class Database(Case):
    """One test for both kinds: the words and the promises are the same."""

    def under_full_disk(self, disk, server):
        server.initialise()
        prepare(server)
        ocsp = ocsp_path(server, server.folder)
        self.assertEqual(server.request("GET", "pki/crl", token="")[0], 200)
        ledger = Ledger()
        before = serials(server)
        with Load(server, ledger):
            self.loaded(server, ledger)
            disk.fill()
            self.assertTrue(wait_for(lambda: len(ledger.failures) >= 12), "requests are refused")
            self.status_is_served(server, ocsp, *PUBLIC)
            known = next(iter(ledger.issued))
            for path in ("pki/cert/" + known, "pki/roles/server", "sys/mounts"):
                status, _, answer = server.call("GET", path)
                self.assertEqual(status, 200, (path, answer))
            status, headers, answer = server.call("POST", "pki/revoke", {"serial_number": known})
            if status == 200:  # PostgreSQL may have room left in a page
                self.assertEqual(STORAGE, "postgresql")
                ledger.revoke(known, answer["data"]["revocation_time"])
            else:
                self.assertEqual(status, 503, answer)
                self.assertIn("Retry-After", headers)
            disk.empty()
            self.goes_on(ledger)
        for took, status, text in ledger.failures:
            self.assertEqual(status, 503, text)
            self.assertLess(took, 12, "by its deadline")
        self.assertIn(FULL, "".join(text for _, _, text in ledger.failures))
        check(self, server, ledger)
        return before, ledger

    @unittest.skipUnless(STORAGE == "sqlite", "SQLite's file")
    def test_under_sqlite(self):
        with SmallDisk("16m") as disk, Server(dev=False, token="", listener=LISTENER, database_folder=disk.folder) as server:
            before, ledger = self.under_full_disk(disk, server)
            self.assertEqual({text for _, _, text in ledger.failures}, {json.dumps({"errors": [FULL]}, separators=(",", ":")) + "\n"})
            self.assertEqual(ledger.unknown, 0)
            self.assertEqual(serials(server), before | set(ledger.issued), "what was refused is not stored")

    @unittest.skipUnless(STORAGE == "sqlite", "SQLite's file")
    def test_a_server_killed_on_a_full_disk_starts_when_there_is_room(self):
        with SmallDisk("16m") as disk, Server(dev=False, token="", listener=LISTENER, database_folder=disk.folder) as server:
            server.initialise()
            prepare(server)
            ledger = Ledger()
            with Load(server, ledger) as load:
                self.loaded(server, ledger)
                disk.fill()
                self.assertTrue(wait_for(lambda: len(ledger.failures) >= 12), "requests are refused")
                server.stop(9)
                load.ending.set()
            disk.empty()
            server.start()
            server.unseal()
            check(self, server, ledger)

    @unittest.skipUnless(STORAGE == "postgresql", "PostgreSQL's data folder")
    def test_under_postgresql(self):
        with SmallDisk("240m") as disk, ClusterOn(disk) as cluster, Server(dev=False, token="", listener=LISTENER) as server:
            cluster.psql("SELECT pg_switch_wal()")  # the log's next file, whole and made before the disk is full
            self.under_full_disk(disk, server)

    @unittest.skipUnless(STORAGE == "postgresql", "PostgreSQL's write-ahead log")
    def test_under_the_write_ahead_log(self):
        """Without room for its log PostgreSQL ends; an operator makes room and starts it."""
        with SmallDisk("240m") as disk, ClusterOn(disk) as cluster, Server(dev=False, token="", listener=LISTENER) as server:
            server.initialise()
            prepare(server)
            ocsp = ocsp_path(server, server.folder)
            self.assertEqual(server.request("GET", "pki/crl", token="")[0], 200)
            ledger = Ledger()
            with Load(server, ledger):
                self.loaded(server, ledger)
                disk.fill()
                self.assertTrue(wait_for(lambda: not cluster.answers("SELECT pg_switch_wal()")), "the cluster ends")
                time.sleep(2)
                self.status_is_served(server, ocsp, "pki/crl", "pki/crl/pem")
                disk.empty()
                cluster.restart()
                self.goes_on(ledger)
            for took, status, text in ledger.failures:
                self.assertEqual(status, 503, text)
                self.assertLess(took, 12, "by its deadline")
            check(self, server, ledger)


class ClusterOn:
    """A PostgreSQL with its data on the small disk."""

    def __init__(self, disk):
        self.data = disk.path("pg")

    def __enter__(self):
        started = subprocess.run([POSTGRES_SH, "start", self.data], capture_output=True, text=True, check=True)
        self.url = started.stdout.strip().splitlines()[-1]
        self.outer, signet_server.POSTGRES = signet_server.POSTGRES, self.url
        return self

    def __exit__(self, *_):
        signet_server.POSTGRES = self.outer
        subprocess.run([POSTGRES_SH, "stop", self.data], capture_output=True)

    def answers(self, statement):
        return subprocess.run(["psql", "-qXAt", self.url, "-c", statement], capture_output=True, timeout=30).returncode == 0

    def psql(self, statement):
        if not self.answers(statement):
            raise AssertionError(statement)

    def restart(self):
        """However far it came with restarting by itself."""
        subprocess.run([POSTGRES_SH, "kill", self.data], capture_output=True)
        subprocess.run([POSTGRES_SH, "restart", self.data], check=True, capture_output=True)


class Audit(Case):
    def test_nothing_is_done_unrecorded(self):
        with SmallDisk("4m") as disk:
            file = disk.path("audit.log")
            config = f'audit "file" "main" {{\n options {{ file_path = "{file}" }}\n}}\n'
            with Server(dev=False, token="", config=config) as server:
                server.initialise()
                prepare(server)
                ocsp = ocsp_path(server, server.folder)
                ledger = Ledger()
                with Load(server, ledger):
                    self.loaded(server, ledger)
                    disk.fill()
                    self.assertTrue(wait_for(lambda: len(ledger.failures) >= 12), "requests are refused")
                    self.status_is_served(server, ocsp, *PUBLIC)
                    self.assertEqual(server.request("GET", "sys/health", token="")[0], 200)
                    full = serials_in_database(server)
                    time.sleep(0.5)
                    self.assertEqual(serials_in_database(server), full, "nothing is issued without an entry")
                    disk.empty()
                    self.goes_on(ledger)
                for _, status, text in ledger.failures:
                    self.assertEqual(status, 500, text)
                    self.assertIn("internal error", text)
                check(self, server, ledger)
                self.entries_match(file, ledger)
                self.assertIn("audit device refused an entry", server.log())
                self.assertIn("audit device accepts entries again", server.log())

    def entries_match(self, file, ledger):
        kinds = {"request": set(), "response": set()}
        torn = 0
        for line in pathlib.Path(file).read_text().splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                torn += 1  # cut off by the full disk, and on a line of its own
                self.assertEqual(line.count('{"time":"'), 1, line)
                continue
            if entry["request"].get("path") == "pki/issue/server":
                kinds[entry["type"]].add(entry["request"]["id"])
        self.assertLessEqual(torn, len(ledger.failures))
        self.assertGreaterEqual(len(kinds["response"]), len(ledger.issued), "every certificate that was answered has its entry")
        self.assertLessEqual(kinds["response"], kinds["request"], "no response without its request")


def serials_in_database(server):
    """Without a request, which would be audited."""
    if STORAGE == "sqlite":
        import sqlite3
        with sqlite3.connect(server.database.path, timeout=10) as database:
            return database.execute("SELECT count(*) FROM certificates").fetchone()[0]
    done = subprocess.run(["psql", "-qXAt", server.database.url, "-c", "SELECT count(*) FROM certificates"], check=True, capture_output=True, text=True)
    return int(done.stdout)


class Log(Case):
    def keeps_issuing(self, disk, server, path):
        server.initialise()
        prepare(server)
        ledger = Ledger()
        with Load(server, ledger):
            self.loaded(server, ledger)
            disk.fill()
            size = os.path.getsize(path)
            self.goes_on(ledger, 100)
            server.call("GET", "pki/crl/rotate")  # each logs a line
            server.call("GET", "pki/crl/rotate")
            self.assertLess(os.path.getsize(path) - size, 4096, "the log found no room")
            disk.empty()
            self.goes_on(ledger)
        self.assertEqual(ledger.failures, [])
        self.assertEqual(ledger.unknown, 0)
        self.assertEqual(server.call("GET", "pki/crl/rotate")[0], 200)
        last = pathlib.Path(path).read_text(errors="replace").splitlines()[-1]
        self.assertIn("crl published", last, "and goes on by itself")
        check(self, server, ledger)

    def test_standard_error(self):
        with SmallDisk("1m") as disk:
            path = disk.path("log")
            with Server(dev=False, token="", config='log_level = "trace"\n', log_path=path) as server:
                self.keeps_issuing(disk, server, path)

    def test_log_file(self):
        with SmallDisk("1m") as disk:
            path = disk.path("signet.log")
            with Server(dev=False, token="", config='log_level = "trace"\n', flags=["-log-file=" + path]) as server:
                self.keeps_issuing(disk, server, path)


class TemporaryFiles(Case):
    def test_the_last_crl_is_served_and_the_next_one_follows(self):
        with SmallDisk("1m") as disk, Server(dev=False, token="", environment={"TMPDIR": disk.folder}) as server:
            server.initialise()
            prepare(server)
            serial = server.write("pki/issue/server", {"common_name": "a.example.com"})["serial_number"]
            status, _, first = server.request("GET", "pki/crl", token="")
            self.assertEqual(status, 200)
            disk.fill()
            server.write("pki/issue/server", {"common_name": "a.example.com"})
            server.write("pki/revoke", {"serial_number": serial})
            status, _, same = server.request("GET", "pki/crl", token="")
            self.assertEqual((status, same), (200, first))
            status, headers, answer = server.call("GET", "pki/crl/rotate")
            self.assertEqual(status, 503, answer)
            self.assertIn("Retry-After", headers)
            self.assertRegex(answer["errors"][0], "no CRL can be built: the disk of the server's temporary files \\(TMPDIR\\) is full")
            disk.empty()
            _, _, pem = server.request("GET", "pki/crl/pem", token="")
            text = subprocess.run(["openssl", "crl", "-noout", "-text"], input=pem, capture_output=True, check=True).stdout.decode()
            self.assertIn(serial.replace(":", "").upper(), text)


if __name__ == "__main__":
    unittest.main()
