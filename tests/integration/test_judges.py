# SPDX-License-Identifier: Apache-2.0
"""What Signet issues before the verifiers of NSS and Go: valid chains are accepted, every limit in them is understood and enforced."""
import datetime
import pathlib
import tempfile
import unittest

from hierarchy import Hierarchy, run
from judges import Papers, judges, put
from signet_server import Server


def moment(**distance):
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(**distance)


def knows(key_type):
    """Whether a judge can read such keys at all: Debian 12's NSS has no Ed25519."""
    return lambda judge: judge.knows_ed25519 or key_type.lower() != "ed25519"


class Judged(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.judges = judges()

    def accepted(self, papers, among=lambda judge: True):
        for judge in filter(among, self.judges):
            with self.subTest(judge=judge.name):
                is_accepted, words = judge.verdict(papers)
                self.assertTrue(is_accepted, f"{judge.name} refuses: {words}")

    def refused(self, papers, why, among=lambda judge: True):
        """`why`: what the judges call the reason, so that a refusal for another one does not pass."""
        for judge in filter(among, self.judges):
            with self.subTest(judge=judge.name):
                is_accepted, words = judge.verdict(papers)
                self.assertFalse(is_accepted, f"{judge.name} accepts")
                self.assertRegex(words.lower(), why)


class Bench(Judged):
    def test_all_judges_are_there(self):
        if not any(judge.name == "Go" for judge in self.judges):
            self.skipTest("Go is not installed: NSS alone judges chains")
        self.assertEqual(len(self.judges), 3)


class Chains(Judged):
    def test_every_key_type_with_its_crls(self):
        for key_type, bits, pss in (("rsa", 2048, False), ("rsa", 3072, False), ("rsa", 2048, True), ("ec", 256, False),
                                    ("ec", 384, False), ("ec", 521, False), ("ed25519", 0, False)):
            with self.subTest(key_type=key_type, bits=bits, pss=pss), Server() as server:
                house = Hierarchy(server, key_type, bits, use_pss=pss)
                papers = house.papers(house.issue(), name="api.example.com")
                papers.crls = (server.request("GET", "int/crl", token="")[2], server.request("GET", "pki/crl", token="")[2])
                self.accepted(papers, knows(key_type))

    def test_names_of_every_kind(self):
        with Server() as server:
            house = Hierarchy(server)
            server.write("int/roles/any", {"allow_any_name": True, "enforce_hostnames": False, "allow_wildcard_certificates": True,
                                           "allowed_uri_sans": "*", "key_type": "ec", "organization": "Größe & Söhne, Ltd.",
                                           "country": "DE", "ou": ["one", "two"]})
            issued = server.write("int/issue/any", {"common_name": "*.example.com", "ip_sans": "192.0.2.7,2001:db8::7",
                                                    "alt_names": "mail@example.com,xn--mnchen-3ya.example",
                                                    "uri_sans": "spiffe://example.com/service"})
            for name in ("", "api.example.com", "192.0.2.7", "2001:db8::7", "xn--mnchen-3ya.example"):
                with self.subTest(name=name):
                    self.accepted(house.papers(issued, name=name))
            for name in ("example.com", "a.b.example.com", "192.0.2.8"):
                with self.subTest(name=name):
                    self.refused(house.papers(issued, name=name), "valid for", lambda judge: judge.checks_names)

    def test_what_a_request_asked_for(self):
        with Server() as server, tempfile.TemporaryDirectory(prefix="signet-csr.") as folder:
            house = Hierarchy(server)
            server.write("int/roles/any-key", {"allowed_domains": "example.com", "allow_subdomains": True, "key_type": "any"})
            for kind, key in (("RSA", ["rsa:2048"]), ("P-384", ["ec", "-pkeyopt", "ec_paramgen_curve:P-384"]), ("Ed25519", ["ed25519"])):
                done = run("openssl", "req", "-new", "-nodes", "-newkey", *key, "-keyout", f"{folder}/key.pem", "-out", f"{folder}/csr.pem",
                           "-subj", "/C=NL/O=Asker/CN=api.example.com", "-addext", "subjectAltName=DNS:api.example.com,DNS:www.example.com")
                self.assertEqual(done.returncode, 0, done.stderr)
                csr = pathlib.Path(folder, "csr.pem").read_text()
                for path in ("int/sign/any-key", "int/sign-verbatim"):
                    with self.subTest(key=kind, path=path):
                        signed = server.write(path, {"csr": csr, "common_name": "api.example.com"})
                        self.accepted(house.papers(signed, name="www.example.com"), knows(kind))

    def test_hundreds_of_names(self):
        with Server() as server:
            house = Hierarchy(server)
            names = [f"host{at}.example.com" for at in range(500)]
            issued = house.issue(names[0], alt_names=",".join(names[1:]))
            self.accepted(house.papers(issued, name=names[-1]))

    def test_usages(self):
        with Server() as server:
            house = Hierarchy(server)
            for usage, other in (("server", "client"), ("client", "server")):
                with self.subTest(usage=usage):
                    server.write(f"int/roles/{usage}-only", {"allow_any_name": True, "key_type": "ec", f"{usage}_flag": True,
                                                             f"{other}_flag": False})
                    issued = server.write(f"int/issue/{usage}-only", {"common_name": "x.example.com"})
                    self.accepted(house.papers(issued, usage=usage))
                    self.refused(house.papers(issued, usage=other), "usage|type not approved")

    def test_only_while_it_is_valid(self):
        with Server() as server:
            house = Hierarchy(server)
            issued = house.issue()
            for name, at in (("first minute", moment(seconds=5)), ("last minute", moment(hours=72, minutes=-2))):
                with self.subTest(name):
                    self.accepted(house.papers(issued, at=at))
            # NSS forgives clocks that are a day late.
            for name, at in (("the day before", moment(hours=-25)), ("after", moment(hours=72, minutes=2))):
                with self.subTest(name):
                    self.refused(house.papers(issued, at=at), "expired|not yet valid|validity")


def checks_chain(judge):
    """NSS's path builder is told to ask for the leaf's CRL only."""
    return judge.name != "NSS (PKIX)"


class Revocation(Judged):
    def test_a_revoked_certificate_is_refused_by_its_crl(self):
        with Server() as server:
            house = Hierarchy(server)
            bystander, *victims = (house.issue() for _ in range(40))
            for victim in victims:
                server.write("int/revoke", {"serial_number": victim["serial_number"]})
            crls = (server.request("GET", "int/crl", token="")[2],)
            for victim in victims[::13]:
                self.refused(house.papers(victim, crls=crls), "revoked")
            self.accepted(house.papers(bystander, crls=crls))

    def test_a_revoked_intermediate_is_refused_by_the_roots_crl(self):
        with Server() as server:
            house = Hierarchy(server)
            issued = house.issue()
            papers = house.papers(issued, crls=(server.request("GET", "pki/crl", token="")[2],))
            self.accepted(papers, checks_chain)
            serial = run("openssl", "x509", "-in", house.path("int.pem"), "-noout", "-serial").stdout.strip().split("=")[1]
            server.write("pki/revoke", {"serial_number": ":".join(serial[i:i + 2] for i in range(0, len(serial), 2)).lower()})
            self.refused(house.papers(issued, crls=(server.request("GET", "pki/crl", token="")[2],)), "revoked", checks_chain)


class Limits(Judged):
    """The intermediate signs without limits; the judges are shown another certificate of the same key that has them."""

    # NSS's path builder has no word for a name outside: "invalid arguments".
    outside = "name space|not permitted|excluded|error -8187"

    def limited(self, house, **limit):
        return house.server.write("pki/root/sign-intermediate", {"csr": house.csr, "common_name": "Test Intermediate", "ttl": "43800h",
                                                                 **limit})["certificate"]

    def test_permitted_domains(self):
        with Server() as server:
            house = Hierarchy(server)
            server.write("int/roles/any", {"allow_any_name": True, "key_type": "ec"})
            above = [self.limited(house, permitted_dns_domains="example.com,.example.org")]
            for name in ("example.com", "a.b.example.com", "sub.example.org"):
                with self.subTest(name=name):
                    self.accepted(house.papers(server.write("int/issue/any", {"common_name": name}), above=above))
            for name in ("evil.test", "notexample.com", "example.com.evil.test"):
                with self.subTest(name=name):
                    self.refused(house.papers(server.write("int/issue/any", {"common_name": name}), above=above), self.outside)

    def test_path_length(self):
        with Server() as server:
            house = Hierarchy(server)
            server.write("sys/mounts/low", {"type": "pki", "config": {"max_lease_ttl": "87600h"}})
            csr = server.write("low/intermediate/generate/internal", {"common_name": "Lower", "key_type": "ec"})["csr"]
            lower = server.write("int/root/sign-intermediate", {"csr": csr, "common_name": "Lower", "ttl": "8760h"})["certificate"]
            server.write("low/intermediate/set-signed", {"certificate": "\n".join([lower, house.intermediate, house.root["certificate"]])})
            server.write("low/roles/any", {"allow_any_name": True, "key_type": "ec"})
            issued = server.write("low/issue/any", {"common_name": "deep.example.com"})
            for length, is_accepted in ((None, True), (1, True), (0, False)):
                with self.subTest(max_path_length=length):
                    above = [lower, house.intermediate if length is None else self.limited(house, max_path_length=length)]
                    if is_accepted:
                        self.accepted(house.papers(issued, above=above))
                    else:
                        self.refused(house.papers(issued, above=above), "path length|too many intermediates")

    def test_below_a_root_of_another_make(self):
        """openssl's root signs Signet's intermediate and excludes a domain: refused here, accepted and refused there."""
        with Server() as server, tempfile.TemporaryDirectory(prefix="signet-foreign.") as folder:
            house = Hierarchy(server)
            put(folder, "int.csr", house.csr)
            limits = put(folder, "limits", "basicConstraints = critical,CA:true,pathlen:0\nkeyUsage = critical,keyCertSign,cRLSign\n"
                         "subjectKeyIdentifier = hash\nauthorityKeyIdentifier = keyid\n"
                         "nameConstraints = critical,excluded;DNS:secret.example.com\n")
            for command in (["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/C=DE/O=Corporate/CN=Corporate Root",
                             "-keyout", f"{folder}/root.key", "-out", f"{folder}/root.pem"],
                            ["x509", "-req", "-in", f"{folder}/int.csr", "-CA", f"{folder}/root.pem", "-CAkey", f"{folder}/root.key",
                             "-days", "20", "-set_serial", "4711", "-extfile", limits, "-out", f"{folder}/int.pem"]):
                done = run("openssl", *command)
                self.assertEqual(done.returncode, 0, done.stderr)
            root, above = (pathlib.Path(folder, name).read_text() for name in ("root.pem", "int.pem"))
            server.write("int/roles/any", {"allow_any_name": True, "key_type": "ec"})
            forbidden = server.write("int/issue/any", {"common_name": "a.secret.example.com"})
            taken = server.write("int/intermediate/set-signed", {"certificate": above + root})
            corporate = next(issuer for issuer in taken["imported_issuers"]
                             if server.call("GET", "int/issuer/" + issuer)[2]["data"]["certificate"].strip() == above.strip())
            path = f"int/issuer/{corporate}/issue/any"
            status, _, refused = server.call("POST", path, {"common_name": "a.secret.example.com"})
            self.assertEqual(status, 400, refused)
            issued = server.write(path, {"common_name": "open.example.com", "ttl": "72h"})
            self.accepted(house.papers(issued, above=[above], root=root, name="open.example.com"))
            self.refused(house.papers(forbidden, above=[above], root=root), self.outside)


if __name__ == "__main__":
    unittest.main()
