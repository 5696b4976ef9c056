# SPDX-License-Identifier: Apache-2.0
"""Load that keeps a ledger: only what a client has fully received counts."""
import http.client
import json
import threading
import time


class Ledger:
    def __init__(self):
        self.lock = threading.Lock()
        self.issued = {}     # serial -> PEM
        self.revoked = {}    # serial -> revocation time
        self.unknown = 0     # requests without a full answer
        self.failures = []   # (seconds it took, status, text) of answers that were errors

    def issue(self, serial, pem):
        with self.lock:
            self.issued[serial] = pem

    def revoke(self, serial, at):
        with self.lock:
            self.revoked[serial] = at


class Load:
    """`clients` threads that issue, and revoke every fourth certificate, until stopped."""

    def __init__(self, server, ledger, clients=6, mount="pki", role="server", timeout=60):
        self.server, self.ledger, self.mount, self.role, self.timeout = server, ledger, mount, role, timeout
        self.ending = threading.Event()
        self.threads = [threading.Thread(target=self._client, daemon=True) for _ in range(clients)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for thread in self.threads:
            thread.join(self.timeout + 10)

    def _ask(self, connection, path, body):
        begin = time.monotonic()
        try:
            connection.request("POST", "/v1/" + path, json.dumps(body), {"X-Vault-Token": self.server.token})
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException):
            connection.close()
            with self.ledger.lock:
                self.ledger.unknown += 1
            time.sleep(0.02)
            return None
        if answer.status != 200:
            with self.ledger.lock:
                self.ledger.failures.append((time.monotonic() - begin, answer.status, text.decode(errors="replace")))
            time.sleep(0.05)
            return None
        return json.loads(text)["data"]

    def _client(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=self.timeout)
        count = 0
        while not self.ending.is_set():
            data = self._ask(connection, f"{self.mount}/issue/{self.role}", {"common_name": "a.example.com"})
            if data is None:
                continue
            self.ledger.issue(data["serial_number"], data["certificate"])
            count += 1
            if count % 4 == 0:
                serial = data["serial_number"]
                revoked = self._ask(connection, f"{self.mount}/revoke", {"serial_number": serial})
                if revoked is not None:
                    self.ledger.revoke(serial, revoked["revocation_time"])
        connection.close()


def prepare(server):
    """pki/ with an EC root and a role 'server'."""
    server.write("sys/mounts/pki", {"type": "pki", "config": {"max_lease_ttl": "87600h"}})
    server.write("pki/root/generate/internal", {"common_name": "Ledger CA", "key_type": "ec", "ttl": "87600h"})
    server.write("pki/roles/server", {"allowed_domains": "example.com", "allow_subdomains": True, "max_ttl": "72h", "key_type": "ec"})


def check(test, server, ledger):
    """Every received certificate is stored with the same bytes; every acknowledged revocation holds, at its time, on the CRL too."""
    import subprocess
    for serial, pem in list(ledger.issued.items()):
        status, _, answer = server.call("GET", "pki/cert/" + serial, token="")
        test.assertEqual(status, 200, f"{serial} was answered but is not stored")
        test.assertEqual(answer["data"]["certificate"].strip(), pem.strip(), serial)
        at = answer["data"]["revocation_time"]
        if serial in ledger.revoked:
            test.assertEqual(at, ledger.revoked[serial], f"{serial}: the revocation's time")
    status, _, pem = server.request("GET", "pki/crl/pem", token="")
    test.assertEqual(status, 200, pem)
    text = subprocess.run(["openssl", "crl", "-noout", "-text"], input=pem, capture_output=True).stdout.decode()
    for serial in ledger.revoked:
        test.assertIn(serial.replace(":", "").upper(), text, "revoked but not on the CRL")
