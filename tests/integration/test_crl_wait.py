# SPDX-License-Identifier: Apache-2.0
"""CRL fetches that wait for a list to be built hold no worker: more of them than there are workers, and all else goes on."""
import sqlite3
import subprocess
import threading
import time
import unittest

from ledger import prepare
from signet_server import STORAGE, Server

FETCHES = 200  # there are 128 workers
HELD = 4.0     # seconds; a busy database is waited for five


class HeldDatabase:
    """Nothing can be written meanwhile, so that a build that has begun does not end."""

    def __init__(self, server):
        self.server = server

    def __enter__(self):
        if STORAGE == "sqlite":
            self.database = sqlite3.connect(self.server.database.path, isolation_level=None, timeout=10)
            self.database.execute("BEGIN IMMEDIATE")
        else:
            self.process = subprocess.Popen(["psql", "-qXAt", self.server.database.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            self.process.stdin.write("BEGIN; LOCK TABLE jobs IN EXCLUSIVE MODE; SELECT 'held';\n")
            self.process.stdin.flush()
            assert self.process.stdout.readline().strip() == "held"
        return self

    def __exit__(self, *_):
        if STORAGE == "sqlite":
            self.database.execute("ROLLBACK")
            self.database.close()
        else:
            self.process.communicate("ROLLBACK;\n", timeout=10)


class Waiting(unittest.TestCase):
    def test_many_fetches_wait_for_one_build(self):
        with Server(dev=False, token="") as server:
            server.initialise()
            prepare(server)
            serials = [server.write("pki/issue/server", {"common_name": "a.example.com"})["serial_number"] for _ in range(2)]
            server.write("pki/revoke", {"serial_number": serials[0]})
            self.assertEqual(server.request("GET", "pki/crl", token="")[0], 200)
            server.write("pki/revoke", {"serial_number": serials[1]})
            answers = []
            lock = threading.Lock()

            def fetch():
                answer = server.request("GET", "pki/crl/pem", token="")
                with lock:
                    answers.append((answer[0], answer[2]))

            with HeldDatabase(server):
                end = time.monotonic() + HELD
                threads = [threading.Thread(target=fetch) for _ in range(FETCHES)]
                for thread in threads:
                    thread.start()
                time.sleep(1.0)
                slowest = 0.0
                while time.monotonic() < end - 1:
                    asked = time.monotonic()
                    self.assertEqual(server.call("GET", "pki/cert/" + serials[0], token="")[0], 200)
                    slowest = max(slowest, time.monotonic() - asked)
                self.assertEqual(answers, [], "nobody got a list without the revocation, or a refusal")
                self.assertLess(slowest, 1.0, "a worker was free")
            for thread in threads:
                thread.join(30)
            self.assertEqual(len(answers), FETCHES)
            self.assertEqual({status for status, _ in answers}, {200})
            lists = {pem for _, pem in answers}
            self.assertLessEqual(len(lists), 2, "they shared a build")
            for pem in lists:
                text = subprocess.run(["openssl", "crl", "-noout", "-text"], input=pem, capture_output=True, check=True).stdout.decode()
                for serial in serials:
                    self.assertIn(serial.replace(":", "").upper(), text)


if __name__ == "__main__":
    unittest.main()
