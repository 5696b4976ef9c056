# SPDX-License-Identifier: Apache-2.0
"""Leases over HTTP: certificates that go with their lease and their token, kill -9, what cannot be taken back, start with many."""
import json
import os
import signal
import sqlite3
import subprocess
import threading
import time
import unittest

from signet_server import BINARY, STORAGE, Server

ROLE = {"allow_any_name": True, "key_type": "ec", "ttl": "1h", "generate_lease": True}


def prepare(server):
    server.write("sys/mounts/pki", {"type": "pki"})
    server.write("pki/root/generate/internal", {"common_name": "Lease CA", "key_type": "ec"})
    server.write("pki/roles/leased", ROLE)


def issue(server, **more):
    status, _, answer = server.call("POST", "pki/issue/leased", {"common_name": "a.test"}, **more)
    if status != 200:
        raise AssertionError(f"{status} {answer}")
    return answer["lease_id"], answer["data"]["serial_number"]


def is_revoked(server, serial):
    return server.call("GET", f"pki/cert/{serial}")[2]["data"]["revocation_time"] != 0


def sql(server, statement, *values):
    """Runs a statement with ? for values beside the server."""
    if STORAGE == "sqlite":
        with sqlite3.connect(server.database.path, timeout=30) as connection:
            connection.create_collation("C", lambda a, b: (a > b) - (a < b))
            return connection.execute(statement, values).fetchall()
    for value in values:
        statement = statement.replace("?", "'" + str(value) + "'", 1)
    out = subprocess.run(["psql", "-qAtX", "-v", "ON_ERROR_STOP=1", server.database.url, "-c", statement], check=True,
                         capture_output=True, text=True).stdout
    return [tuple(line.split("|")) for line in out.splitlines()]


def wait_until(condition, limit=20.0):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


class Life(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server(dev=False, token="").start()
        cls.server.initialise()
        prepare(cls.server)

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def signet(self, *arguments):
        environment = dict(os.environ, VAULT_ADDR=f"http://127.0.0.1:{self.server.port}", VAULT_TOKEN=self.server.token)
        done = subprocess.run([BINARY, *arguments], env=environment, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    def test_revoking_the_token_revokes_its_certificates_soon(self):
        token = self.server.call("POST", "auth/token/create", {"policies": ["root"], "ttl": "1h"})[2]["auth"]["client_token"]
        lease, serial = issue(self.server, token=token)
        other = issue(self.server)
        self.server.write("auth/token/revoke", {"token": token})
        self.assertTrue(wait_until(lambda: is_revoked(self.server, serial), 3), "a worker takes it up at once")
        self.assertEqual(self.server.call("POST", "sys/leases/lookup", {"lease_id": lease})[0], 400)
        self.assertFalse(is_revoked(self.server, other[1]))

    def test_a_lease_that_runs_out_goes(self):
        self.server.write("pki/roles/brief", dict(ROLE, ttl="2s"))
        answer = self.server.call("POST", "pki/issue/brief", {"common_name": "a.test"})[2]
        body = {"lease_id": answer["lease_id"]}
        self.assertEqual(self.server.call("POST", "sys/leases/lookup", body)[0], 200)
        self.assertTrue(wait_until(lambda: self.server.call("POST", "sys/leases/lookup", body)[0] == 400))

    def test_the_command_line(self):
        lease, serial = issue(self.server)
        code, out, _ = self.signet("lease", "lookup", "-format=json", lease)
        self.assertEqual((code, json.loads(out)["data"]["path"]), (0, "pki/issue/leased"))
        code, _, error = self.signet("lease", "renew", lease)
        self.assertEqual(code, 2)
        self.assertIn("lease is not renewable", error)
        code, out, _ = self.signet("lease", "revoke", "-sync", lease)
        self.assertEqual((code, out), (0, f"Success! Revoked lease: {lease}\n"))
        self.assertTrue(is_revoked(self.server, serial))
        lease, serial = issue(self.server)
        code, out, _ = self.signet("lease", "revoke", lease)
        self.assertEqual((code, out), (0, "All revocation operations queued successfully!\n"))
        self.assertTrue(wait_until(lambda: is_revoked(self.server, serial)))
        lease, serial = issue(self.server)
        code, out, _ = self.signet("lease", "revoke", "-prefix", "-sync", "pki/issue/leased")
        self.assertEqual((code, out), (0, "Success! Revoked any leases with prefix: pki/issue/leased\n"))
        self.assertTrue(is_revoked(self.server, serial))
        self.assertEqual(self.signet("lease", "revoke", "-force", "pki")[0], 1)
        code, out, _ = self.signet("lease", "revoke", "-force", "-prefix", "pki")
        self.assertEqual((code, out), (0, "Success! Force revoked any leases with prefix: pki\n"))
        code, out, _ = self.signet("read", "-format=json", "sys/leases", "type=irrevocable")
        self.assertEqual((code, json.loads(out)["data"]["lease_count"]), (0, 0))

    def test_what_cannot_be_taken_back_is_seen(self):
        lease, _ = issue(self.server)
        # As if five attempts had failed, the next one now, on a row that somebody edited.
        sql(self.server, "UPDATE leases SET attempts = 5, due_at = 0, issued_at = issued_at + 1 WHERE id = ?", lease)
        shown = {}

        def is_shown():
            shown.update(self.server.call("GET", "sys/leases?type=irrevocable")[2]["data"])
            return shown["lease_count"] == 1
        self.assertTrue(wait_until(is_shown))
        self.assertEqual(shown["leases"][0]["lease_id"], lease)
        self.assertEqual(shown["leases"][0]["error"], "internal error")
        self.server.write("sys/leases/revoke-force/pki")
        self.assertEqual(self.server.call("GET", "sys/leases?type=irrevocable")[2]["data"]["lease_count"], 0)


class Kill(unittest.TestCase):
    def test_certificate_and_lease_stand_or_fall_together(self):
        with Server(dev=False, token="") as server:
            server.initialise()
            prepare(server)
            for _ in range(3):
                issued, killed = [], threading.Event()

                def load():
                    while not killed.is_set():
                        try:
                            issued.append(issue(server))
                        except (OSError, AssertionError, ValueError):
                            return
                        except Exception:  # a connection that broke in the middle of an answer
                            return
                threads = [threading.Thread(target=load) for _ in range(8)]
                for thread in threads:
                    thread.start()
                self.assertTrue(wait_until(lambda: len(issued) >= 40))
                server.stop(signal.SIGKILL)
                killed.set()
                for thread in threads:
                    thread.join()
                server.start()
                server.unseal()
                for lease, serial in issued:
                    self.assertEqual(server.call("POST", "sys/leases/lookup", {"lease_id": lease})[0], 200)
                    self.assertEqual(server.call("GET", f"pki/cert/{serial}")[0], 200)
            # One lease a certificate but for the root's, also for what nobody was told of.
            leases = server.call("LIST", "sys/leases/lookup/pki/issue/leased")[2]["data"]["keys"]
            certificates = server.call("LIST", "pki/certs")[2]["data"]["keys"]
            self.assertEqual(len(leases), len(certificates) - 1)

    def test_what_was_ending_ends_after_the_start(self):
        with Server(dev=False, token="") as server:
            server.initialise()
            prepare(server)
            issued = [issue(server) for _ in range(150)]
            self.assertEqual(server.call("POST", "sys/leases/revoke-prefix/pki", {"sync": False})[0], 202)
            server.stop(signal.SIGKILL)
            # What the killed server had claimed is another's two minutes later: not waited for here.
            server.start()
            sql(server, "UPDATE leases SET due_at = 0 WHERE due_at > 0")
            time.sleep(1.5)  # sealed: nothing may happen
            left = int(sql(server, "SELECT COUNT(*) FROM leases")[0][0])
            server.unseal()
            self.assertEqual(int(sql(server, "SELECT COUNT(*) FROM leases")[0][0]) <= left, True)
            self.assertTrue(wait_until(lambda: int(sql(server, "SELECT COUNT(*) FROM leases")[0][0]) == 0))
            for _, serial in issued:
                self.assertTrue(is_revoked(server, serial))


class Start(unittest.TestCase):
    def test_does_not_depend_on_how_many_there_are(self):
        with Server(dev=False, token="") as server:
            server.initialise()
            prepare(server)
            lease, _ = issue(server)

            def start():
                server.stop()
                began = time.monotonic()
                server.start()
                server.unseal()
                self.assertEqual(server.call("POST", "sys/leases/lookup", {"lease_id": lease})[0], 200)
                return time.monotonic() - began
            before = min(start() for _ in range(3))
            # Rows that nobody opens: their time does not come.
            numbers = ("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 200000) "
                       if STORAGE == "sqlite" else "")
            source = "n" if STORAGE == "sqlite" else "generate_series(1, 200000) AS n (i)"
            sql(server, "INSERT INTO leases (namespace, id, mount, token, issued_at, expires_at, due_at, state, attempts, problem, record) "
                + numbers + "SELECT l.namespace, 'pki/issue/many/' || i, l.mount, l.token, l.issued_at, l.expires_at, "
                "l.due_at + 1000000, 0, 0, '', l.record FROM leases l, " + source + " WHERE l.id = ?", lease)
            self.assertEqual(int(sql(server, "SELECT COUNT(*) FROM leases")[0][0]), 200001)
            after = min(start() for _ in range(3))
            self.assertLess(after, before + 0.2, f"{before * 1000:.0f} ms before")


if __name__ == "__main__":
    unittest.main()
