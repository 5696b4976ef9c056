# SPDX-License-Identifier: Apache-2.0
"""The database stops, dies or was tampered with: clear errors by the deadline, OCSP and CRL still served, recovery by itself."""
import base64
import contextlib
import os
import pathlib
import sqlite3
import subprocess
import tempfile
import time
import unittest
import urllib.parse

import signet_server
from ledger import Ledger, Load, check, prepare
from signet_server import ROOT, STORAGE, Server

POSTGRES_SH = str(ROOT / "tests/support/postgres.sh")


LISTENER = 'listener "tcp" {\n address = "127.0.0.1:PORT"\n tls_disable = true\n max_request_duration = "8s"\n}\n'


class OwnCluster:
    """A PostgreSQL of this test alone, so that it may be frozen and killed."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="signet-cluster.")
        os.chmod(self.folder, 0o755)
        self.data = os.path.join(self.folder, "pg")
        done = subprocess.run([POSTGRES_SH, "start", self.data], capture_output=True, text=True, check=True)
        self.outer, signet_server.POSTGRES = signet_server.POSTGRES, done.stdout.strip().splitlines()[-1]
        return self

    def do(self, what):
        subprocess.run([POSTGRES_SH, what, self.data], check=True, capture_output=True)

    def __exit__(self, *_):
        signet_server.POSTGRES = self.outer
        subprocess.run([POSTGRES_SH, "stop", self.data], capture_output=True)
        subprocess.run(["rm", "-rf", self.folder])


def ocsp_path(server, folder):
    """An OCSP GET path about a fresh certificate, answered once (so it is cached)."""
    data = server.write("pki/issue/server", {"common_name": "ocsp.example.com"})
    for name in ("certificate", "issuing_ca"):
        pathlib.Path(folder, name).write_text(data[name] + "\n")
    subprocess.run(["openssl", "ocsp", "-issuer", f"{folder}/issuing_ca", "-cert", f"{folder}/certificate", "-no_nonce", "-reqout", f"{folder}/req"],
                   check=True, capture_output=True)
    path = "pki/ocsp/" + urllib.parse.quote(base64.b64encode(pathlib.Path(folder, "req").read_bytes()).decode(), safe="")
    assert server.request("GET", path, token="")[0] == 200
    return path


@unittest.skipUnless(STORAGE == "postgresql", "PostgreSQL's own faults")
class Postgres(unittest.TestCase):
    def under_fault(self, begin, end, seconds):
        with OwnCluster() as cluster, Server(dev=False, token="", listener=LISTENER) as server:
            server.initialise()
            prepare(server)
            path = ocsp_path(server, server.folder)
            self.assertEqual(server.request("GET", "pki/crl", token="")[0], 200)
            ledger = Ledger()
            with Load(server, ledger), contextlib.ExitStack() as at_end:
                time.sleep(1.5)
                good = len(ledger.issued)
                self.assertGreater(good, 0)
                at_end.callback(cluster.do, "thaw")  # so that a failure is told and does not hang
                cluster.do(begin)
                down = time.monotonic()
                time.sleep(3)
                # What is signed already is served on, and quickly.
                for public in (path, "pki/crl", "pki/crl/pem"):
                    asked = time.monotonic()
                    status, _, _ = server.request("GET", public, token="")
                    self.assertEqual(status, 200, public)
                    self.assertLess(time.monotonic() - asked, 2, public)
                self.assertIn(server.request("GET", "sys/health", token="")[0], (200, 503))
                time.sleep(max(0.0, seconds - (time.monotonic() - down)))
                cluster.do(end)
                back = time.monotonic()
                while len(ledger.issued) < good + 20 and time.monotonic() < back + 30:
                    time.sleep(0.05)
                self.assertGreaterEqual(len(ledger.issued), good + 20, "issues again by itself")
            if seconds > 10:  # a shorter absence is waited out within each request's deadline
                self.assertTrue(ledger.failures, "there were errors while it was gone")
            for took, status, text in ledger.failures:
                self.assertEqual(status, 503, text)
                self.assertLess(took, 15, "by its deadline of 8 s, on a busy machine")
            check(self, server, ledger)

    def test_stopped_for_twenty_seconds(self):
        self.under_fault("freeze", "thaw", 20)

    def test_killed_and_restarted(self):
        self.under_fault("kill", "restart", 5)


class Tampering(unittest.TestCase):
    """Who can write to the database can delete and roll back, not grant or move."""

    def sql(self, server, statement, *parameters):
        if STORAGE == "sqlite":
            with sqlite3.connect(server.database.path, timeout=10) as database:
                database.create_collation("C", lambda a, b: (a > b) - (a < b))
                return database.execute(statement, parameters).fetchall()
        done = subprocess.run(["psql", "-qXAt", "-v", "ON_ERROR_STOP=1", server.database.url, "-c", statement], check=True,
                              capture_output=True, text=True)
        return [line.split("|") for line in done.stdout.strip().splitlines()]

    def restarted(self, server):
        server.stop()
        server.start()
        server.unseal()

    def test_swapped_policies_do_not_open(self):
        with Server(dev=False, token="") as server:
            server.initialise()
            server.write("sys/policies/acl/weak", {"policy": 'path "none" { capabilities = ["read"] }'})
            server.write("sys/policies/acl/strong", {"policy": 'path "*" { capabilities = ["read", "list", "sudo", "update"] }'})
            token = server.call("POST", "auth/token/create", {"policies": ["weak"]})[2]["auth"]["client_token"]
            server.stop()
            self.sql(server, "UPDATE policies SET record = (SELECT record FROM policies WHERE name = 'strong') WHERE name = 'weak'")
            server.start()
            server.unseal()
            status, _, answer = server.call("GET", "sys/mounts", token=token)
            self.assertIn(status, (403, 500), answer)
            self.assertNotIn("data", answer)

    def test_a_prolonged_token_does_not_open(self):
        with Server(dev=False, token="") as server:
            server.initialise()
            token = server.call("POST", "auth/token/create", {"policies": ["default"], "ttl": "1h"})[2]["auth"]["client_token"]
            self.assertEqual(server.call("GET", "auth/token/lookup-self", token=token)[0], 200)
            server.stop()
            self.sql(server, "UPDATE tokens SET expires_at = expires_at + 1000000 WHERE expires_at IS NOT NULL")
            server.start()
            server.unseal()
            self.assertIn(server.call("GET", "auth/token/lookup-self", token=token)[0], (403, 500))

    def test_an_edited_role_does_not_open(self):
        with Server(dev=False, token="") as server:
            server.initialise()
            prepare(server)
            server.write("pki/roles/any", {"allow_any_name": True, "key_type": "ec"})
            server.stop()
            self.sql(server, "UPDATE secrets SET value = (SELECT value FROM secrets WHERE path = 'role/any') WHERE path = 'role/server'")
            server.start()
            server.unseal()
            status, _, answer = server.call("POST", "pki/issue/server", {"common_name": "evil.test"})
            self.assertIn(status, (400, 500), answer)
            self.assertNotIn("certificate", str(answer))


if __name__ == "__main__":
    unittest.main()
