# SPDX-License-Identifier: Apache-2.0
"""Response wrapping, cubbyholes and one-time codes over HTTP: one winner, nothing in the clear, expiry, the command line."""
import base64
import concurrent.futures
import json
import os
import pathlib
import struct
import subprocess
import tempfile
import time
import unittest

from signet_server import BINARY, STORAGE, Server

GONE = "wrapping token is not valid or does not exist"
MARKER = "marker-7f1c0e-in-the-clear"


class Wrapping(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def ask(self, method, path, body=None, token="root", **headers):
        """(status, document); `wrap=` is X-Vault-Wrap-TTL, `form=` is X-Vault-Wrap-Format."""
        names = {"wrap": "X-Vault-Wrap-TTL", "form": "X-Vault-Wrap-Format"}
        fields = {names[name]: value for name, value in headers.items()}
        status, _, text = self.server.request(method, path, None if body is None else json.dumps(body), fields, token=token)
        return status, json.loads(text) if text else None

    def wrapped(self, method, path, body=None, wrap="5m"):
        status, answer = self.ask(method, path, body, wrap=wrap)
        self.assertEqual((status, answer["request_id"], answer["data"], answer["auth"]), (200, "", None, None), answer)
        return answer["wrap_info"]

    def test_once_in_both_styles(self):
        self.server.write("secret/data/w", {"data": {"k": MARKER}})
        for presents in (True, False):
            token = self.wrapped("GET", "secret/data/w")["token"]
            call = (lambda: self.ask("POST", "sys/wrapping/unwrap", token=token)) if presents else (
                lambda: self.ask("POST", "sys/wrapping/unwrap", {"token": token}))
            status, answer = call()
            self.assertEqual((status, answer["data"]["data"]), (200, {"k": MARKER}))
            self.assertRegex(answer["request_id"], "^[0-9a-f-]{36}$")
            self.assertEqual(call(), (400, {"errors": [GONE]}))
        self.assertEqual(self.ask("POST", "sys/wrapping/unwrap", {"token": "x"}, token="")[0], 403)

    def test_one_of_many_wins(self):
        for _ in range(5):
            token = self.wrapped("POST", "sys/wrapping/wrap", {"one": "winner"})["token"]

            def attempt(number):
                if number % 2:
                    return self.ask("POST", "sys/wrapping/unwrap", token=token)
                return self.ask("POST", "sys/wrapping/unwrap", {"token": token})
            with concurrent.futures.ThreadPoolExecutor(20) as pool:
                answers = list(pool.map(attempt, range(20)))
            won = [answer for status, answer in answers if status == 200]
            self.assertEqual([answer["data"] for answer in won], [{"one": "winner"}])
            self.assertEqual([answer for status, answer in answers if status != 200], [{"errors": [GONE]}] * 19)

    def test_a_status_other_than_200_comes_back(self):
        self.server.write("secret/data/deleted", {"data": {"k": "v"}})
        self.ask("DELETE", "secret/data/deleted")
        token = self.wrapped("GET", "secret/data/deleted")["token"]
        status, answer = self.ask("POST", "sys/wrapping/unwrap", token=token)
        self.assertEqual((status, answer["data"]["data"]), (404, None))

    def test_expires(self):
        token = self.wrapped("GET", "sys/mounts", wrap="1")["token"]
        self.assertEqual(self.ask("GET", "sys/wrapping/lookup", token=token)[1]["data"]["creation_ttl"], 1)
        deadline = time.monotonic() + 10
        while self.ask("GET", "sys/wrapping/lookup", token=token)[0] == 200 and time.monotonic() < deadline:
            time.sleep(0.1)
        self.assertEqual(self.ask("POST", "sys/wrapping/unwrap", token=token), (400, {"errors": [GONE]}))

    def test_head_and_unsealed_routes(self):
        self.assertEqual(self.ask("GET", "sys/seal-status", wrap="60")[1]["sealed"], False)
        self.assertEqual(self.ask("PUT", "sys/init", {}, wrap="60")[0], 400)
        self.assertEqual(self.ask("GET", "sys/mounts", wrap="soon")[0], 400)

    def test_as_a_jwt(self):
        """Signature and claims by the library `cryptography`; then it is used up like any other."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

        def octets(part):
            return base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
        status, answer = self.ask("GET", "sys/wrapping/pubkey", token="")
        self.assertEqual(status, 200)
        key = serialization.load_pem_public_key(answer["data"]["public_key"].encode())
        self.assertIsInstance(key.curve, ec.SECP521R1)
        begun = int(time.time())
        for _ in range(5):
            status, answer = self.ask("POST", "auth/token/create", {"policies": ["default"]}, wrap="5m", form="jwt")
            self.assertEqual(status, 200)
            info = answer["wrap_info"]
            head, claims, signature = info["token"].split(".")
            self.assertEqual(json.loads(octets(head)), {"alg": "ES512", "typ": "JWT"})
            raw = octets(signature)
            self.assertEqual(len(raw), 132)
            encoded = encode_dss_signature(int.from_bytes(raw[:66], "big"), int.from_bytes(raw[66:], "big"))
            key.verify(encoded, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA512()))
            with self.assertRaises(InvalidSignature):
                key.verify(encoded, f"{head}.{claims}x".encode(), ec.ECDSA(hashes.SHA512()))
            said = json.loads(octets(claims))
            self.assertEqual((said["type"], said["accessor"]), ("wrapping", info["wrapped_accessor"]))
            self.assertTrue(said["addr"].startswith("http"))
            self.assertTrue(begun - 1 <= said["iat"] <= time.time() + 1)
            self.assertEqual((said["exp"] - said["iat"], said["iat"] - said["nbf"]), (300, 5))
            self.assertEqual(self.ask("GET", "sys/wrapping/lookup", token=said["jti"])[0], 200, "the plain token works too")
            status, answer = self.ask("POST", "sys/wrapping/unwrap", token=info["token"])
            self.assertEqual((status, answer["auth"]["accessor"]), (200, said["accessor"]))
            self.assertEqual(self.ask("POST", "sys/wrapping/unwrap", token=said["jti"]), (400, {"errors": [GONE]}))
            self.assertEqual(self.ask("POST", "sys/wrapping/unwrap", {"token": info["token"]}), (400, {"errors": [GONE]}))

    def test_a_totp_key_as_a_picture(self):
        self.server.write("sys/mounts/totp", {"type": "totp"})
        _, answer = self.ask("POST", "totp/keys/ann", {"generate": True, "issuer": "Signet", "account_name": "ann"})
        picture = base64.b64decode(answer["data"]["barcode"])
        self.assertEqual(struct.unpack(">II", picture[16:24]), (200, 200))
        url = answer["data"]["url"]
        with tempfile.NamedTemporaryFile(suffix=".png") as file:
            file.write(picture)
            file.flush()
            try:
                read = subprocess.run(["zbarimg", "-q", "--raw", file.name], capture_output=True, text=True, timeout=60)
            except FileNotFoundError:
                pass
            else:
                self.assertEqual(read.stdout.strip(), url)
        code = self.ask("GET", "totp/code/ann")[1]["data"]["code"]
        self.assertEqual(self.ask("POST", "totp/code/ann", {"code": code})[1]["data"], {"valid": True})
        self.assertEqual(self.ask("POST", "totp/code/ann", {"code": code})[0], 400)


class InTheClear(unittest.TestCase):
    """A wrapped secret is nowhere: not in the audit log, not in the database, not in the server's log."""

    def test_nothing(self):
        with Server() as server:
            folder = pathlib.Path(tempfile.mkdtemp(prefix="signet-audit."))
            log = folder / "audit.log"
            status, _, answer = server.call("POST", "sys/audit/file", {"type": "file", "options": {"file_path": str(log)}})
            if status != 204:
                self.skipTest(str(answer))
            _, _, text = server.request("POST", "sys/wrapping/wrap", json.dumps({"k": MARKER}), {"X-Vault-Wrap-TTL": "60"})
            token = json.loads(text)["wrap_info"]["token"]
            server.write("cubbyhole/mine", {"k": MARKER})
            _, _, text = server.request("POST", "sys/wrapping/unwrap", json.dumps({"token": token}))
            self.assertIn(MARKER.encode(), text)
            _, _, text = server.request("GET", "sys/mounts", None, {"X-Vault-Wrap-TTL": "60", "X-Vault-Wrap-Format": "jwt"})
            jwt = json.loads(text)["wrap_info"]["token"]
            self.assertEqual(jwt.count("."), 2)
            server.request("POST", "sys/wrapping/unwrap", json.dumps({"token": jwt}))
            entries = log.read_text()
            self.assertNotIn(MARKER, entries)
            self.assertNotIn(token, entries)
            self.assertNotIn(jwt, entries)
            made, used = [json.loads(line) for line in entries.splitlines() if "sys/mounts" in line and '"wrap_info"' in line
                          or '"sys/wrapping/unwrap"' in line and '"type":"request"' in line][-2:]
            self.assertEqual(made["response"]["wrap_info"]["token"], used["request"]["data"]["token"], "audit names one token")
            wrapped = [json.loads(line) for line in entries.splitlines() if '"wrap_info"' in line]
            self.assertEqual(wrapped[0]["response"]["wrap_info"]["creation_path"], "sys/wrapping/wrap")
            self.assertTrue(wrapped[0]["response"]["wrap_info"]["token"].startswith("hmac-sha256:"))


class CommandLine(unittest.TestCase):
    def test_unwrap(self):
        with Server() as server:
            home = tempfile.mkdtemp(prefix="signet-home.")

            def signet(*arguments, token="root", **environment):
                env = {"PATH": os.environ["PATH"], "HOME": home, "VAULT_ADDR": f"http://127.0.0.1:{server.port}", **environment}
                env.update({name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")})
                if token:
                    env["VAULT_TOKEN"] = token
                return subprocess.run([BINARY, *arguments], capture_output=True, text=True, env=env, timeout=60)

            def ok(*arguments, **more):
                done = signet(*arguments, **more)
                self.assertEqual(done.returncode, 0, f"{arguments}: {done.stdout}{done.stderr}")
                return done.stdout
            ok("write", "cubbyhole/a", "k=v")
            table = ok("read", "-wrap-ttl=60", "cubbyhole/a")
            self.assertIn("wrapping_token_creation_path:    cubbyhole/a\n", table)
            self.assertIn("wrapping_token_ttl:              1m\n", table)
            token = ok("read", "-wrap-ttl=60", "-field=wrapping_token", "cubbyhole/a")
            self.assertEqual(ok("unwrap", token), "Key    Value\n---    -----\nk      v\n")
            again = signet("unwrap", token)
            self.assertEqual(again.returncode, 2)
            self.assertIn(GONE, again.stderr)
            token = ok("write", "-field=wrapping_token", "sys/wrapping/wrap", "a=1")
            self.assertEqual(ok("unwrap", "-field=a", token, token=""), "1", "it opens itself")
            token = ok("list", "-field=wrapping_token", "cubbyhole", VAULT_WRAP_TTL="2m")
            self.assertEqual(ok("unwrap", token=token), "Keys\n----\na\n")
            self.assertIn("wrapped_accessor:", ok("token", "create", "-wrap-ttl=1m"))


if __name__ == "__main__":
    unittest.main()
