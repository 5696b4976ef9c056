# SPDX-License-Identifier: Apache-2.0
"""The server's clock jumps under load (libfaketime): by an hour and by two days, ahead and back.

On PostgreSQL, whose clock stays, nothing is issued until the clock is right again, and the answer says so. On SQLite there is no
other clock to compare with; there, and for all that is not issuing, nothing acknowledged is lost and no CRL number falls.
"""
import datetime
import glob
import os
import re
import subprocess
import tempfile
import time
import unittest

from cryptography import x509
from ledger import Ledger, Load, check, prepare
from signet_server import STORAGE, Server

LIBRARY = (glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1") or [""])[0]
REFUSAL = re.compile(r"nothing is issued while this server's clock is \d+\.\d s (ahead of|behind) the database server's: set both clocks right \(NTP\)")
HOUR, TWO_DAYS = 3600, 2 * 86400


class FakeTime:
    """What a process started with `environment` takes for the time: the machine's and an offset that can change while it runs."""

    def __init__(self):
        if not LIBRARY:
            raise AssertionError("libfaketime is not installed: apt-get install faketime")
        self.folder = tempfile.mkdtemp(prefix="signet-faketime.")
        self.path = os.path.join(self.folder, "offset")
        self.set(0)
        # The sanitizers want to be the first library; this one does no harm before them.
        asan = ":".join(filter(None, (os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0")))
        self.environment = {"LD_PRELOAD": LIBRARY, "FAKETIME_TIMESTAMP_FILE": self.path, "FAKETIME_NO_CACHE": "1",
                            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "ASAN_OPTIONS": asan}

    def set(self, seconds):
        with open(self.path + ".new", "w") as file:
            file.write(f"{seconds:+d}\n")
        os.replace(self.path + ".new", self.path)


def crl_number(server):
    _, _, pem = server.request("GET", "pki/crl/pem", token="")
    text = subprocess.run(["openssl", "crl", "-noout", "-crlnumber"], input=pem, capture_output=True, check=True).stdout.decode()
    return int(text.strip().split("=")[1], 16)


def wait_for(what, limit=20.0):
    end = time.monotonic() + limit
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


class Jumps(unittest.TestCase):
    def jump(self, seconds):
        fake = FakeTime()
        with Server(dev=False, token="", environment=fake.environment) as server:
            server.initialise()
            prepare(server)
            ledger = Ledger()
            number = crl_number(server)
            with Load(server, ledger, clients=4):
                self.assertTrue(wait_for(lambda: len(ledger.issued) >= 20 and ledger.revoked), "issues before the jump")
                fake.set(seconds)
                if STORAGE == "postgresql":
                    self.stops(server, ledger)
                else:
                    time.sleep(1.5)
                number, before = self.rises(server, ledger, number), number
                fake.set(0)
                good = len(ledger.issued)
                self.assertTrue(wait_for(lambda: len(ledger.issued) >= good + 20), "issues again by itself")
            self.assertGreater(self.rises(server, ledger, number), before)
            check(self, server, ledger)
            if STORAGE == "postgresql":
                self.assertEqual(server.log().count("the clock differs from the database's"), 1, server.log())
                self.assertTrue(wait_for(lambda: server.log().count("the clock agrees with the database's again") == 1), server.log())
            return ledger

    def rises(self, server, ledger, last):
        """Revokes one, so that a new list is due; its number."""
        serial = next(serial for serial in list(ledger.issued) if serial not in ledger.revoked)
        server.write("pki/revoke", {"serial_number": serial})
        server.call("GET", "pki/crl/rotate")
        number = crl_number(server)
        self.assertGreater(number, last)
        return number

    def stops(self, server, ledger):
        self.assertTrue(wait_for(lambda: len(ledger.failures) >= 8), "refusals")
        time.sleep(1.0)
        for path in ("pki/issue/server", "pki/root/generate/internal"):
            status, headers, answer = server.call("POST", path, {"common_name": "a.example.com", "key_type": "ec"})
            self.assertEqual(status, 503, answer)
            self.assertRegex(answer["errors"][0], REFUSAL)
            self.assertEqual(headers["Retry-After"], "1")
        skew = server.call("GET", "sys/health", token="")[2]["clock_skew_ms"]
        self.assertGreater(abs(skew), 3500 * 1000)
        for _, status, text in ledger.failures:
            self.assertEqual(status, 503, text)
            self.assertRegex(text, REFUSAL)

    def no_wrong_dates(self, ledger):
        now = datetime.datetime.now(datetime.timezone.utc)
        for pem in ledger.issued.values():
            made = x509.load_pem_x509_certificate(pem.encode())
            begins = getattr(made, "not_valid_before_utc", None) or made.not_valid_before.replace(tzinfo=datetime.timezone.utc)
            self.assertLess(abs((now - begins).total_seconds()), 300, "a certificate dated by the wrong clock")

    def test_an_hour_ahead(self):
        ledger = self.jump(HOUR)
        if STORAGE == "postgresql":
            self.no_wrong_dates(ledger)

    def test_an_hour_back(self):
        ledger = self.jump(-HOUR)
        if STORAGE == "postgresql":
            self.no_wrong_dates(ledger)

    def test_two_days_ahead(self):
        ledger = self.jump(TWO_DAYS)
        if STORAGE == "postgresql":
            self.no_wrong_dates(ledger)

    def test_two_days_back(self):
        ledger = self.jump(-TWO_DAYS)
        if STORAGE == "postgresql":
            self.no_wrong_dates(ledger)


@unittest.skipUnless(STORAGE == "postgresql", "only PostgreSQL has a clock of its own")
class Start(unittest.TestCase):
    def test_a_server_started_with_a_wrong_clock_issues_nothing_from_the_first_request_on(self):
        fake = FakeTime()
        with Server(dev=False, token="", environment=fake.environment) as server:
            server.initialise()
            prepare(server)
            server.stop()
            fake.set(HOUR)
            server.start()
            server.unseal()
            status, _, answer = server.call("POST", "pki/issue/server", {"common_name": "a.example.com"})
            self.assertEqual(status, 503, answer)
            self.assertRegex(answer["errors"][0], REFUSAL)


if __name__ == "__main__":
    unittest.main()
