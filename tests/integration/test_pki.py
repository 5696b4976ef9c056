# SPDX-License-Identifier: Apache-2.0
"""The main job end to end: hierarchy, role, certificate, revocation, CRL and OCSP, judged by OpenSSL and GnuTLS."""
import base64
import os
import unittest
import urllib.parse

from hierarchy import Hierarchy, run
from signet_server import Server


class MainJob(unittest.TestCase):
    def test_every_key_type_chains_and_verifies(self):
        for key_type, bits in (("ec", 256), ("ec", 384), ("ec", 521), ("rsa", 2048), ("rsa", 3072), ("ed25519", 0)):
            with self.subTest(key_type=key_type, bits=bits), Server() as server:
                house = Hierarchy(server, key_type, bits)
                data = house.issue()
                self.assertEqual(data["ca_chain"][0], data["issuing_ca"])
                done = house.verify()
                self.assertEqual(done.returncode, 0, done.stderr)
                key = house.put("leaf.key", data["private_key"])
                public = run("openssl", "pkey", "-in", key, "-pubout").stdout
                self.assertEqual(public, run("openssl", "x509", "-in", house.path("leaf.pem"), "-noout", "-pubkey").stdout)
                house.server.write("int/revoke", {"serial_number": data["serial_number"]})
                self.assertIn("leaf.pem: revoked", house.ocsp().stdout)

    def test_revocation_is_on_ocsp_and_crl_at_once(self):
        with Server() as server:
            house = Hierarchy(server)
            data = house.issue()
            serial = data["serial_number"].replace(":", "").upper()
            answer = house.ocsp()
            self.assertIn("leaf.pem: good", answer.stdout, answer.stderr)
            self.assertIn("Response verify OK", answer.stdout + answer.stderr)
            house.crl()
            text = run("openssl", "crl", "-inform", "DER", "-in", house.path("crl.der"), "-noout", "-text", "-CAfile", house.path("int.pem"))
            self.assertNotIn(serial, text.stdout)
            first = server.write("int/revoke", {"serial_number": data["serial_number"]})
            again = server.write("int/revoke", {"serial_number": data["serial_number"]})
            self.assertEqual(first["revocation_time"], again["revocation_time"])
            self.assertIn("leaf.pem: revoked", house.ocsp().stdout)
            house.crl()
            text = run("openssl", "crl", "-inform", "DER", "-in", house.path("crl.der"), "-noout", "-text", "-CAfile", house.path("int.pem"))
            self.assertIn("verify OK", text.stderr)
            self.assertIn(serial, text.stdout)
            check = run("openssl", "verify", "-crl_check", "-CAfile", house.path("root.pem"), "-untrusted", house.path("int.pem"), "-CRLfile",
                        house.put("crl.pem", server.request("GET", "int/crl/pem", token="")[2].decode()), house.path("leaf.pem"))
            self.assertIn("certificate revoked", check.stdout + check.stderr)

    def test_gnutls_agrees(self):
        with Server() as server:
            house = Hierarchy(server)
            data = house.issue()
            chain = house.put("chain.pem", "\n".join([data["certificate"], *data["ca_chain"]]))
            done = run("certtool", "--verify", "--load-ca-certificate", house.path("root.pem"), "--infile", chain)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            server.write("int/revoke", {"serial_number": data["serial_number"]})
            house.crl()
            info = run("certtool", "--crl-info", "--inder", "--infile", house.path("crl.der"))
            self.assertIn("Number of revoked certificates: 1" if "Number of" in info.stdout else "Revoked certificates (1)", info.stdout)
            verified = run("certtool", "--verify-crl", "--load-ca-certificate", house.path("int.pem"), "--infile",
                           house.put("crl.pem", server.request("GET", "int/crl/pem", token="")[2].decode()))
            self.assertIn("Verified", verified.stdout + verified.stderr)
            status = run("ocsptool", f"--ask=http://127.0.0.1:{server.port}/v1/int/ocsp", "--load-cert", house.path("leaf.pem"),
                         "--load-issuer", house.path("int.pem"), "--load-trust", house.path("root.pem"))
            self.assertIn("revoked", (status.stdout + status.stderr).lower())

    def test_ocsp_get_is_cacheable_and_nonce_is_not(self):
        with Server() as server:
            house = Hierarchy(server)
            house.issue()
            house.ocsp("-no_nonce", "-reqout", house.path("req.der"))
            path = "int/ocsp/" + urllib.parse.quote(base64.b64encode(house.path("req.der").read_bytes()).decode(), safe="")
            status, headers, first = server.request("GET", path, token="")
            self.assertEqual((status, headers["Content-Type"]), (200, "application/ocsp-response"))
            self.assertIn("max-age=", headers["Cache-Control"])
            self.assertEqual(server.request("GET", path, token="")[2], first, "served from the cache")
            self.assertEqual(server.request("GET", path, headers={"If-None-Match": headers["ETag"]}, token="")[0], 304)
            house.ocsp("-reqout", house.path("nonce.der"))
            status, headers, _ = server.request("POST", "int/ocsp", house.path("nonce.der").read_bytes(),
                                                {"Content-Type": "application/ocsp-request"}, token="")
            self.assertEqual((status, headers["Cache-Control"]), (200, "no-store"))

    def test_ocsp_of_what_is_not_ours(self):
        with Server() as server:
            house = Hierarchy(server)
            house.issue()
            serial = run("openssl", "ocsp", "-issuer", house.path("int.pem"), "-serial", "0x40123456789abcdef0123456789abcdef0123456", "-CAfile",
                         house.path("root.pem"), "-url", f"http://127.0.0.1:{server.port}/v1/int/ocsp")
            self.assertRegex(serial.stdout, ": (unknown|good)")
            for body, expected in ((b"", b"\x30\x03\x0a\x01\x01"), (b"\x30\x00", b"\x30\x03\x0a\x01\x01"), (os.urandom(64), b"\x30\x03\x0a\x01\x01")):
                status, _, der = server.request("POST", "int/ocsp", body, {"Content-Type": "application/ocsp-request"}, token="")
                self.assertEqual((status, der), (400, expected))

    def test_crl_caching_headers(self):
        with Server() as server:
            house = Hierarchy(server)
            house.issue()
            headers, _ = house.crl()
            self.assertEqual(headers["Content-Type"], "application/pkix-crl")
            for name in ("ETag", "Last-Modified", "Expires", "Cache-Control"):
                self.assertIsNotNone(headers[name], name)
            self.assertEqual(server.request("GET", "int/crl", headers={"If-None-Match": headers["ETag"]}, token="")[0], 304)
            self.assertEqual(server.request("GET", "int/crl", headers={"If-Modified-Since": headers["Last-Modified"]}, token="")[0], 304)

    def test_crl_numbers_rise(self):
        with Server() as server:
            house = Hierarchy(server)
            numbers = []
            for _ in range(3):
                data = house.issue()
                server.write("int/revoke", {"serial_number": data["serial_number"]})
                house.crl()
                text = run("openssl", "crl", "-inform", "DER", "-in", house.path("crl.der"), "-noout", "-crlnumber").stdout
                numbers.append(int(text.split("=")[1], 16))
            self.assertEqual(numbers, sorted(set(numbers)))

    def test_user_mistakes_are_named(self):
        with Server() as server:
            house = Hierarchy(server)
            for path, body, text in (
                    ("int/issue/server", {"common_name": "evil.test"}, "not allowed by this role"),
                    ("int/issue/none", {"common_name": "a.example.com"}, "unknown role"),
                    ("int/issue/server", {"common_name": "a.example.com", "ttl": "soon"}, "Field validation failed"),
                    ("int/sign/server", {"csr": "hello"}, "csr contains no data"),
                    ("int/issue/server", {"common_name": "a.example.com", "format": "xml"}, "format"),
                    ("int/revoke", {"serial_number": "zz"}, "serial")):
                status, _, answer = server.call("POST", path, body)
                self.assertEqual(status, 400, answer)
                self.assertIn(text, answer["errors"][0])
            self.assertEqual(server.call("GET", "int/cert/00:11:22")[0], 404)
            self.assertEqual(server.call("GET", "int/issuer/nobody/json")[0], 404)
            house.issue()

    def test_no_store_leaves_no_row(self):
        with Server() as server:
            house = Hierarchy(server)
            server.write("int/roles/brief", {"allow_any_name": True, "no_store": True, "key_type": "ec"})
            data = server.write("int/issue/brief", {"common_name": "x.test"})
            self.assertEqual(server.call("GET", "int/cert/" + data["serial_number"])[0], 404)
            house.put("leaf.pem", data["certificate"])
            self.assertIn("leaf.pem: good", house.ocsp().stdout)  # may have issued unstored: "good" from now on


class ManyAtOnce(unittest.TestCase):
    def test_serials_never_repeat_and_all_are_stored(self):
        import concurrent.futures
        with Server() as server:
            house = Hierarchy(server)

            def issue(_):
                connection = server.connection()
                serials = []
                for _ in range(25):
                    status, _, text = server.request("POST", "int/issue/server", '{"common_name":"a.example.com"}', connection=connection)
                    self.assertEqual(status, 200, text)
                    import json
                    serials.append(json.loads(text)["data"]["serial_number"])
                return serials

            with concurrent.futures.ThreadPoolExecutor(8) as pool:
                serials = [s for part in pool.map(issue, range(8)) for s in part]
            self.assertEqual(len(set(serials)), 200)
            listed = set(server.call("LIST", "int/certs")[2]["data"]["keys"])
            self.assertLessEqual(set(serials), listed)
            page, after = [], ""
            while True:
                status, _, answer = server.call("GET", f"int/certs?list=true&limit=50&after={after}")
                if status == 404:
                    break
                page += answer["data"]["keys"]
                after = page[-1]
            self.assertEqual(sorted(page), sorted(listed))
            self.assertTrue(house.folder.exists())


if __name__ == "__main__":
    unittest.main()
