# SPDX-License-Identifier: Apache-2.0
"""kill -9 of the server under load: nothing acknowledged is lost. A run counts only if both outcomes occurred."""
import pathlib
import random
import signal
import time
import unittest

from ledger import Ledger, Load, check, prepare
from signet_server import Server


class Kill(unittest.TestCase):
    def test_ten_kills_under_load_lose_nothing(self):
        with Server(dev=False, token="") as server:
            server.initialise()
            prepare(server)
            ledger = Ledger()
            draw = random.Random(7)
            for _ in range(10):
                before, unknown = len(ledger.issued), ledger.unknown
                with Load(server, ledger) as load:
                    end = time.monotonic() + 20
                    while len(ledger.issued) < before + 20 and time.monotonic() < end:
                        time.sleep(0.01)
                    time.sleep(draw.uniform(0, 0.2))
                    server.stop(signal.SIGKILL)
                    load.ending.set()
                self.assertGreaterEqual(len(ledger.issued), before + 20, "requests were answered before the kill")
                self.assertGreater(ledger.unknown, unknown, "requests were in flight at the kill")
                server.start()
                server.unseal()
                check(self, server, ledger)
            self.assertTrue(ledger.revoked)
            listed = server.call("LIST", "pki/certs")[2]["data"]["keys"]
            self.assertEqual(len(listed), len(set(listed)), "no serial twice")


class Stop(unittest.TestCase):
    def test_a_graceful_stop_answers_what_it_began(self):
        with Server(dev=False, token="") as server:
            server.initialise()
            prepare(server)
            ledger = Ledger()
            with Load(server, ledger) as load:
                time.sleep(1)
                self.assertEqual(server.stop(signal.SIGTERM), 0)
                load.ending.set()
            self.assertTrue(ledger.issued)
            server.start()
            server.unseal()
            check(self, server, ledger)


class DevFolder(unittest.TestCase):
    def test_what_a_killed_dev_server_left_goes_at_the_next_start(self):
        def folders(server):
            return {path.name for path in pathlib.Path(server.folder).glob("signet-dev-*")}

        with Server() as first:
            first.stop(signal.SIGKILL)
            left = folders(first)
            self.assertEqual(len(left), 1)
            with Server(environment={"TMPDIR": first.folder}):
                self.assertEqual(len(folders(first) - left), 1, "the second one's own")
                self.assertFalse(folders(first) & left, "the killed one's is gone")
                with Server(environment={"TMPDIR": first.folder}):
                    self.assertEqual(len(folders(first)), 2, "both are in use")


if __name__ == "__main__":
    unittest.main()
