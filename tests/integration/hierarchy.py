# SPDX-License-Identifier: Apache-2.0
"""A root, an intermediate below it and a role, made through the API of a running server."""
import pathlib
import subprocess
import tempfile

from judges import Papers


def run(*command, **more):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, **more)


class Hierarchy:
    """root in pki/, intermediate in int/, role 'server' there; PEM files in `folder`."""

    def __init__(self, server, key_type="ec", key_bits=256, use_pss=False):
        self.server = server
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="signet-pki."))
        key = {"key_type": key_type, "key_bits": key_bits, "use_pss": use_pss}
        for mount in ("pki", "int"):
            server.write(f"sys/mounts/{mount}", {"type": "pki", "config": {"max_lease_ttl": "87600h"}})
        self.root = server.write("pki/root/generate/internal", {"common_name": "Test Root", "ttl": "87600h", **key})
        self.csr = server.write("int/intermediate/generate/internal", {"common_name": "Test Intermediate", **key})["csr"]
        self.intermediate = server.write("pki/root/sign-intermediate", {"csr": self.csr, "common_name": "Test Intermediate",
                                                                        "ttl": "43800h", "use_pss": use_pss})["certificate"]
        server.write("int/intermediate/set-signed", {"certificate": self.intermediate + "\n" + self.root["certificate"]})
        server.write("int/roles/server", {"allowed_domains": "example.com", "allow_subdomains": True, "max_ttl": "72h", **key})
        self.put("root.pem", self.root["certificate"])
        self.put("int.pem", self.intermediate)

    def put(self, name, text):
        (self.folder / name).write_text(text + "\n")
        return self.folder / name

    def issue(self, name="api.example.com", **more):
        data = self.server.write("int/issue/server", {"common_name": name, **more})
        self.put("leaf.pem", data["certificate"])
        return data

    def path(self, name):
        return self.folder / name

    def papers(self, issued, **more):
        """What another implementation needs to judge a certificate of ours."""
        return Papers(issued["certificate"], **{"above": [self.intermediate], "root": self.root["certificate"], **more})

    def verify(self):
        return run("openssl", "verify", "-x509_strict", "-CAfile", self.path("root.pem"), "-untrusted", self.path("int.pem"), self.path("leaf.pem"))

    def ocsp(self, *options):
        return run("openssl", "ocsp", "-issuer", self.path("int.pem"), "-cert", self.path("leaf.pem"), "-CAfile", self.path("root.pem"),
                   "-url", f"http://127.0.0.1:{self.server.port}/v1/int/ocsp", *options)

    def crl(self):
        status, headers, der = self.server.request("GET", "int/crl", token="")
        assert status == 200, (status, der[:200])
        self.path("crl.der").write_bytes(der)
        return headers, der
