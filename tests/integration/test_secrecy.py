# SPDX-License-Identifier: Apache-2.0
"""A marker secret goes in by every door that takes one; then it is searched for in logs, audit, errors and database files,
plain, hex and base64."""
import base64
import os
import pathlib
import subprocess
import unittest

from signet_server import STORAGE, Server

MARKER = "mArKeR-7f3a9c51e2d84b60-SeCrEt"


def forms(text):
    raw = text.encode()
    yield raw
    yield raw.hex().encode()
    yield raw.hex().upper().encode()
    for shift in range(3):  # base64 of the marker at any alignment: its middle part
        coded = base64.b64encode(b"x" * shift + raw)
        yield coded[4:-4]


class Secrecy(unittest.TestCase):
    def test_marker_is_nowhere(self):
        with Server(dev=False, token="", config='log_level = "trace"\naudit "file" "main" {\n options { file_path = "audit.log" }\n}\n') as server:
            server.initialise()
            audit = os.path.join(server.folder, "audit.log")
            errors = []

            def ask(method, path, body=None, **more):
                status, _, text = server.request(method, path, body, **more)
                if status >= 400:
                    errors.append(text)
                return status, text

            server.write("sys/mounts/kv", {"type": "kv"})
            server.write("kv/" + "app", {"password": MARKER, "nested": {"list": [MARKER]}})
            self.assertIn(MARKER.encode(), ask("GET", "kv/app")[1])
            ask("POST", "kv/app", '{"password": "' + MARKER + '", broken')
            ask("POST", "kv/app", '["' + MARKER + '"]')
            ask("POST", "auth/token/lookup", '{"token": "' + MARKER + '"}')
            ask("GET", "sys/mounts", token=MARKER)
            ask("POST", "auth/token/create", '{"id": "' + MARKER + '", "ttl": "soon"}')
            ask("PUT", "sys/unseal", '{"key": "' + MARKER + '"}', token="")
            server.write("sys/mounts/pki", {"type": "pki"})
            key = server.write("pki/root/generate/exported", {"common_name": "Secrecy CA", "key_type": "ec"})["private_key"]
            server.write("pki/roles/any", {"allow_any_name": True, "key_type": "ec", "ttl": "1h"})
            leaf = server.write("pki/issue/any", {"common_name": "a.test"})["private_key"]
            ask("POST", "pki/config/ca", '{"pem_bundle": "-----BEGIN EC PRIVATE KEY-----\\n' + base64.b64encode(MARKER.encode()).decode()
                + '\\n-----END EC PRIVATE KEY-----"}')
            token = server.call("POST", "auth/token/create", {"policies": ["default"]})[2]["auth"]["client_token"]
            ask("GET", "auth/token/lookup-self", token=token)
            root = server.token
            server.stop()
            places = {"log": pathlib.Path(server.log_path).read_bytes(), "audit": pathlib.Path(audit).read_bytes(), "errors": b"\n".join(errors)}
            if STORAGE == "sqlite":
                for file in pathlib.Path(server.folder).glob("signet.db*"):
                    places[file.name] = file.read_bytes()
            else:
                places["database"] = subprocess.run(["pg_dump", server.database.url], check=True, capture_output=True).stdout
            self.assertTrue(b'"type":"response"' in places["audit"])
            body = lambda pem: "".join(pem.strip().splitlines()[1:-1])[:40]  # noqa: E731
            for name, content in places.items():
                for label, secret in (("marker", MARKER), ("token", token), ("root token", root), ("unseal key", server.unseal_key)):
                    for form in forms(secret):
                        self.assertFalse(form in content, f"{name} holds the {label} as {form}")
                for private in (key, leaf):
                    self.assertFalse(body(private).encode() in content, f"{name} holds a private key")
                    self.assertFalse(base64.b64decode(body(private))[7:30].hex().encode() in content, f"{name} holds a private key")


if __name__ == "__main__":
    unittest.main()
