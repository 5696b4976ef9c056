# SPDX-License-Identifier: Apache-2.0
"""What a hostile client tries: paths that say one thing to the router and another to the policy, bodies that
grow, texts that databases refuse, tokens out of place, serial numbers that are taken."""
import json
import os
import pathlib
import subprocess
import unittest

from signet_server import Server

NUL = "a\0b"


def resident_mebibytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) // 1024
    raise AssertionError("no VmHWM")


class Attack(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().start()
        cls.addClassCleanup(cls.server.close)
        cls.server.write("sys/mounts/kv", {"type": "kv"})
        cls.server.write("sys/mounts/hidden-pki", {"type": "pki"})
        cls.server.write("kv/open", {"v": "1"})
        cls.server.write("kv/shut/a", {"v": "2"})

    def status(self, method, path, document=None, **more):
        return self.server.call(method, path, document, **more)[0]

    def token(self, policy, **more):
        name = f"p{abs(hash(policy))}"
        self.server.write("sys/policies/acl/" + name, {"policy": policy})
        _, _, answer = self.server.call("POST", "auth/token/create",
                                        dict({"policies": [name], "no_default_policy": True}, **more))
        return answer["auth"]["client_token"]


class Paths(Attack):
    def test_one_path_for_router_and_policy(self):
        token = self.token('path "kv/*" { capabilities = ["read", "list"] } path "kv/shut/*" { capabilities = ["deny"] }')
        self.assertEqual(self.status("GET", "kv/open", token=token), 200)
        for path in ("kv/shut/a", "kv/%73hut/a", "kv/shut%2fa", "kv%2Fshut%2Fa", "%6bv/shut/a"):
            self.assertEqual(self.status("GET", path, token=token), 403, path)
        for path in ("kv//shut/a", "kv/./shut/a", "kv/x/../shut/a", "kv/open/../shut/a"):
            self.assertEqual(self.server.request("GET", path, token=token)[0], 307, path)
        for path in ("kv/x/%2e%2e/shut/a", "kv/%2fshut/a", "kv/x%2f..%2fshut/a"):
            self.assertEqual(self.server.request("GET", path, token=token)[0], 400, path)
        for path in ("kv/shut/a?list=true", "kv/shut?list=true", "kv/shut/?list=1"):
            self.assertEqual(self.status("GET", path, token=token), 403, path)
        self.assertEqual(self.status("LIST", "kv/shut/", token=token), 403)
        self.assertNotEqual(self.status("GET", "KV/shut/a", token=token), 200)

    def test_what_a_query_says_does_not_become_a_write(self):
        token = self.token('path "kv/w" { capabilities = ["create", "update"] allowed_parameters = { "a" = ["1"] } }')
        self.assertEqual(self.status("POST", "kv/w", {"a": "1"}, token=token), 204)
        self.assertEqual(self.status("POST", "kv/w", {"a": "2"}, token=token), 403)
        self.assertEqual(self.status("POST", "kv/w?a=1", {"a": "2"}, token=token), 403)
        raw = {"Content-Type": "application/ocsp-request"}
        self.server.request("POST", "kv/w", json.dumps({"a": "2"}), raw, token=token)
        self.assertEqual(self.server.call("GET", "kv/w")[2]["data"], {"a": "1"})

    def test_captures_cannot_be_replaced_by_the_body(self):
        self.server.write("auth/token/roles/small", {"allowed_policies": "default"})
        self.server.write("auth/token/roles/big", {"allowed_policies": "admin,default"})
        token = self.token('path "auth/token/create/small" { capabilities = ["create", "update"] }')
        status, _, answer = self.server.call("POST", "auth/token/create/small",
                                             {"role_name": "big", "policies": ["admin"]}, token=token)
        self.assertEqual(status, 400, answer)

    def test_auth_methods_are_not_disabled_as_secrets_engines(self):
        token = self.token('path "sys/mounts/*" { capabilities = ["delete"] }')
        status, _, answer = self.server.call("DELETE", "sys/mounts/auth/token", token=token)
        self.assertEqual((status, answer["errors"]), (400, ['cannot unmount "auth/token/"']))
        self.assertEqual(self.status("GET", "auth/token/lookup-self"), 200)

    def test_mounts_are_not_told_to_strangers(self):
        for token in ("", "hvs.unknown", self.token('path "kv/open" { capabilities = ["read"] }')):
            _, _, document = self.server.request("GET", "sys/internal/specs/openapi", token=token)
            self.assertNotIn(b"hidden-pki", document)
        self.assertIn(b"hidden-pki", self.server.request("GET", "sys/internal/specs/openapi")[2])


class Tokens(Attack):
    def test_a_bound_token_is_nothing_elsewhere(self):
        self.server.write("auth/token/roles/bound", {"token_bound_cidrs": "192.0.2.0/24"})
        _, _, answer = self.server.call("POST", "auth/token/create/bound", {"policies": ["default"]})
        token = answer["auth"]["client_token"]
        for path in ("auth/token/lookup-self", "sys/internal/ui/mounts", "sys/internal/ui/mounts/kv"):
            self.assertEqual(self.status("GET", path, token=token), 403, path)

    def test_children_die_with_their_parent(self):
        parent = self.token('path "auth/token/create" { capabilities = ["create", "update"] }')
        _, _, answer = self.server.call("POST", "auth/token/create", {}, token=parent)
        child = answer["auth"]["client_token"]
        self.server.write("auth/token/revoke", {"token": parent})
        self.assertEqual(self.status("POST", "auth/token/create", {}, token=child), 403)

    def test_nobody_makes_more_than_it_is(self):
        token = self.token('path "auth/token/*" { capabilities = ["create", "update"] }')
        for asked in ({"policies": ["root"]}, {"policies": [" ROOT "]}, {"policies": ["other"]}, {"no_parent": True},
                      {"id": "chosen"}, {"period": "1h"}):
            self.assertEqual(self.status("POST", "auth/token/create", asked, token=token), 400, asked)
        self.assertEqual(self.status("POST", "auth/token/create-orphan", {"policies": ["root"]}, token=token), 400)

    def test_lifetimes_do_not_overflow(self):
        most = 32 * 24 * 3600
        for asked in ({"ttl": "9223372036s"}, {"explicit_max_ttl": "9223372036s"}, {"period": "9223372036s"},
                      {"ttl": "9223372036s", "explicit_max_ttl": "9223372036s", "period": "9223372036s"}):
            status, _, answer = self.server.call("POST", "auth/token/create", dict(asked, policies=["default"]))
            self.assertEqual(status, 200, asked)
            self.assertTrue(0 < answer["auth"]["lease_duration"] <= most, answer["auth"])


class Bodies(Attack):
    def test_a_body_without_a_token_does_not_take_memory(self):
        before = resident_mebibytes(self.server.process.pid)
        count = 4_000_000
        for body in (b'{"a":[' + b",".join([b"[]"] * count) + b"]}", b'{"a":[' + b",".join([b"0"] * count) + b"]}"):
            status, _, answer = self.server.request("POST", "kv/x", body, token="hvs.unknown")
            self.assertEqual(status, 400)
            self.assertIn(b"high complexity", answer)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        for body in (b"a&" * count, b"&".join(b"%d" % i for i in range(500_000))):
            self.assertEqual(self.server.request("POST", "kv/x", body, form, token="hvs.unknown")[0], 400)
        limit = 96 if "ASAN_OPTIONS" not in os.environ else 400  # a sanitizer keeps what is freed for a while
        self.assertLess(resident_mebibytes(self.server.process.pid) - before, limit)

    def test_nul_is_refused_not_failed_on(self):
        for path in ("auth/token/lookup-accessor", "auth/token/revoke-accessor", "auth/token/renew-accessor"):
            self.assertEqual(self.status("POST", path, {"accessor": NUL}), 400, path)
        self.assertEqual(self.status("POST", "sys/capabilities-accessor", {"accessor": NUL, "paths": ["x"]}), 400)
        for path in ("kv", "auth/token/accessors", "auth/token/roles", "hidden-pki/certs", "hidden-pki/roles"):
            self.assertEqual(self.status("GET", path + "?list=true&after=a%00b"), 400, path)
        self.assertEqual(self.status("POST", "sys/remount", {"from": "kv", "to": NUL}), 400)
        self.assertEqual(self.status("POST", "sys/mounts/n", {"type": "kv", "description": NUL}), 400)
        self.assertEqual(self.status("POST", "auth/token/create", {"policies": [NUL]}), 400)
        self.assertEqual(self.status("POST", "auth/token/create", {"meta": {"k": NUL}}), 400)
        self.assertEqual(self.status("POST", "kv/nul", {"a": NUL}), 204, "a secret may hold anything")
        self.assertEqual(self.server.call("GET", "kv/nul")[2]["data"], {"a": NUL})


class Certificates(Attack):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.write("hidden-pki/root/generate/internal",
                         {"common_name": "Root", "ttl": "1000h", "key_type": "ec", "max_path_length": 1})
        cls.server.write("hidden-pki/roles/narrow",
                         {"allowed_domains": "example.com", "allow_subdomains": True, "key_type": "ec", "max_ttl": "1h",
                          "allow_ip_sans": False})
        cls.folder = cls.server.folder

    def csr(self, subject, *extensions):
        stem = os.path.join(self.folder, "r")
        command = ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout",
                   stem + ".key", "-subj", subject, "-out", stem + ".csr"]
        for extension in extensions:
            command += ["-addext", extension]
        subprocess.run(command, check=True, capture_output=True)
        return pathlib.Path(stem + ".csr").read_text()

    def shown(self, pem):
        return subprocess.run(["openssl", "x509", "-noout", "-text"], input=pem, text=True, check=True,
                              capture_output=True).stdout

    def test_a_request_does_not_decide_what_it_is(self):
        csr = self.csr("/CN=a.example.com", "basicConstraints=critical,CA:TRUE", "keyUsage=keyCertSign,cRLSign",
                       "subjectAltName=DNS:a.example.com", "extendedKeyUsage=OCSPSigning")
        for path in ("hidden-pki/sign/narrow", "hidden-pki/sign-verbatim"):
            status, _, answer = self.server.call("POST", path, {"csr": csr, "ttl": "30m"})
            if status == 200:
                self.assertNotIn("CA:TRUE", self.shown(answer["data"]["certificate"]), path)
        text = self.shown(self.server.write("hidden-pki/sign/narrow", {"csr": csr})["certificate"])
        self.assertNotIn("Certificate Sign", text)
        self.assertNotIn("OCSP Signing", text)

    def test_names_outside_the_role_are_refused(self):
        for names in ("DNS:evil.com", "DNS:a.example.com,DNS:evil.com", "DNS:aexample.com", "DNS:example.com.evil.com",
                      "IP:127.0.0.1", "URI:https://evil.com", "email:a@evil.com", "DNS:*.example.com.evil.com",
                      "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:root@evil.com"):
            csr = self.csr("/CN=a.example.com", "subjectAltName=" + names)
            self.assertEqual(self.status("POST", "hidden-pki/sign/narrow", {"csr": csr}), 400, names)
        for name in ("evil.com", "example.com\0.evil.com", "evil.com\0.example.com", "a.example.com\n", "a@b@example.com",
                     "*.*.example.com", "a.example.com,evil.com", "еxample.com", "evil.com/.example.com", ".example.com",
                     "a..example.com", "127.0.0.1"):
            self.assertEqual(self.status("POST", "hidden-pki/issue/narrow", {"common_name": name}), 400, name)
        self.server.write("hidden-pki/issue/narrow", {"common_name": "a.example.com"})
        self.assertEqual(self.status("POST", "hidden-pki/issue/narrow",
                                     {"common_name": "a.example.com", "ip_sans": "127.0.0.1"}), 400)

    def test_foreign_names_of_a_request_do_not_pass(self):
        csr = self.csr("/CN=a.example.com", "subjectAltName=DNS:a.example.com,RID:1.2.3.4")
        status, _, answer = self.server.call("POST", "hidden-pki/sign/narrow", {"csr": csr})
        if status == 200:
            self.assertNotIn("Registered ID", self.shown(answer["data"]["certificate"]))

    def test_a_self_issued_certificate_cannot_take_a_serial(self):
        leaf = self.server.write("hidden-pki/issue/narrow", {"common_name": "b.example.com"})
        stem = os.path.join(self.folder, "s")
        serial = "0x" + leaf["serial_number"].replace(":", "")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "5",
                        "-subj", "/CN=Other", "-set_serial", serial, "-keyout", stem + ".key", "-out", stem + ".pem"],
                       check=True, capture_output=True)
        given = pathlib.Path(stem + ".pem").read_text()
        status, _, answer = self.server.call("POST", "hidden-pki/root/sign-self-issued", {"certificate": given})
        self.assertEqual(status, 400, answer)
        self.assertIn("belongs to another certificate", answer["errors"][0])

    def test_ocsp_without_sense_is_answered_small(self):
        post = {"Content-Type": "application/ocsp-request"}
        for body in (b"", b"\x30", b"\x30\x80" * 5000, b"\x30\x84\xff\xff\xff\xff", os.urandom(60_000)):
            status, _, answer = self.server.request("POST", "hidden-pki/ocsp", body, post, token="")
            self.assertEqual(status, 400, body[:8])
            self.assertLess(len(answer), 16)


if __name__ == "__main__":
    unittest.main()
