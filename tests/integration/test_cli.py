# SPDX-License-Identifier: Apache-2.0
"""The command line as a person types it: the first four lines, output shapes, exit codes."""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from signet_server import BINARY, Server


class Cli(unittest.TestCase):
    def setUp(self):
        self.server = Server().start()
        self.home = tempfile.mkdtemp(prefix="signet-home.")
        self.addCleanup(self.server.close)

    def signet(self, *arguments, stdin=None, token="root", **environment):
        env = {"PATH": os.environ["PATH"], "HOME": self.home, "VAULT_ADDR": f"http://127.0.0.1:{self.server.port}", **environment}
        for name, value in os.environ.items():  # sanitizer options
            if name.endswith("SAN_OPTIONS"):
                env[name] = value
        if token:
            env["VAULT_TOKEN"] = token
        return subprocess.run([BINARY, *arguments], capture_output=True, text=True, env=env, input=stdin, timeout=60)

    def ok(self, *arguments, **more):
        done = self.signet(*arguments, **more)
        self.assertEqual(done.returncode, 0, f"{arguments}: {done.stdout}{done.stderr}")
        return done.stdout

    def test_the_first_four_lines(self):
        self.assertEqual(self.ok("secrets", "enable", "pki"), "Success! Enabled the pki secrets engine at: pki/\n")
        self.ok("write", "pki/root/generate/internal", "common_name=example.com", "ttl=87600h")
        self.ok("write", "pki/roles/server", "allowed_domains=example.com", "allow_subdomains=true", "max_ttl=72h")
        out = self.ok("write", "pki/issue/server", "common_name=api.example.com")
        self.assertTrue(out.startswith("Key "), out)
        self.assertIn("-----BEGIN CERTIFICATE-----", out)
        self.assertIn("-----BEGIN RSA PRIVATE KEY-----", out)
        field = self.ok("write", "-field=certificate", "pki/issue/server", "common_name=api.example.com")
        self.assertTrue(field.startswith("-----BEGIN CERTIFICATE-----") and field.endswith("-----END CERTIFICATE-----"), field)
        document = json.loads(self.ok("write", "-format=json", "pki/issue/server", "common_name=api.example.com"))
        self.assertIn("serial_number", document["data"])
        self.assertIn("warnings", document)
        listed = json.loads(self.ok("list", "-format=json", "pki/roles"))
        self.assertEqual(listed, ["server"])
        self.assertEqual(self.ok("list", "pki/roles"), "Keys\n----\nserver\n")
        self.assertIn("max_ttl", self.ok("read", "pki/roles/server"))
        self.assertIn("259200", self.ok("read", "-field=max_ttl", "pki/roles/server"))
        self.assertIn("Success! Data deleted", self.ok("delete", "pki/roles/server"))

    def test_kv_version_2(self):
        self.ok("secrets", "enable", "-path=kv2", "-version=2", "kv")
        written = self.ok("kv", "put", "kv2/myapp/db", "password=s3cr3t", "user=app")
        self.assertTrue(written.startswith("== Secret Path ==\nkv2/data/myapp/db\n\n======= Metadata =======\nKey "), written)
        self.assertIn("version            1\n", written)
        self.assertEqual(self.ok("kv", "get", "-field=password", "kv2/myapp/db"), "s3cr3t")
        self.assertIn("====== Data ======\nKey         Value\n---         -----\npassword    s3cr3t\nuser        app\n", self.ok("kv", "get", "-mount=kv2", "myapp/db"))
        self.ok("kv", "patch", "kv2/myapp/db", "password=n2")
        wrapped = json.loads(self.ok("kv", "patch", "-method=rw", "-remove-data=user", "-wrap-ttl=60", "-format=json", "kv2/myapp/db", "x=1"))
        self.assertEqual(wrapped["wrap_info"]["creation_path"], "kv2/data/myapp/db", "what it reads is not wrapped, what it answers is")
        shown = json.loads(self.ok("kv", "get", "-format=json", "kv2/myapp/db"))["data"]
        self.assertEqual((shown["data"], shown["metadata"]["version"]), ({"password": "n2", "x": "1"}, 3))
        self.assertEqual(json.loads(self.ok("kv", "get", "-format=json", "-version=1", "kv2/myapp/db"))["data"]["data"]["user"], "app")
        refused = self.signet("kv", "put", "-cas=1", "kv2/myapp/db", "a=b")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("check-and-set parameter did not match", refused.stderr)

        self.ok("kv", "delete", "kv2/myapp/db")
        self.assertNotIn("Data ===", self.ok("kv", "get", "kv2/myapp/db"))
        gone = self.signet("kv", "get", "-field=password", "kv2/myapp/db")
        self.assertEqual((gone.returncode, gone.stdout), (2, ""))
        self.ok("kv", "undelete", "-versions=3", "kv2/myapp/db")
        self.ok("kv", "destroy", "-versions=1,2", "kv2/myapp/db")
        self.assertEqual(self.signet("kv", "destroy", "-versions=one", "kv2/myapp/db").returncode, 1)
        self.ok("kv", "rollback", "-version=3", "kv2/myapp/db")
        self.ok("kv", "metadata", "put", "-max-versions=5", "-custom-metadata=owner=a", "kv2/myapp/db")
        self.ok("kv", "metadata", "patch", "-remove-custom-metadata=owner", "-custom-metadata=team=x", "kv2/myapp/db")
        about = json.loads(self.ok("kv", "metadata", "get", "-format=json", "kv2/myapp/db"))["data"]
        self.assertEqual((about["current_version"], about["custom_metadata"], about["max_versions"]), (4, {"team": "x"}, 5))
        self.assertTrue(about["versions"]["1"]["destroyed"])
        self.assertIn("====== Version 4 ======", self.ok("kv", "metadata", "get", "kv2/myapp/db"))
        self.assertEqual(self.ok("kv", "list", "kv2"), "Keys\n----\nmyapp/\n")
        self.assertEqual(self.ok("kv", "list", "-mount=kv2", "myapp"), "Keys\n----\ndb\n")
        self.ok("kv", "metadata", "delete", "kv2/myapp/db")
        self.assertEqual(self.signet("kv", "get", "kv2/myapp/db").returncode, 2)

    def test_kv_version_1_and_its_upgrade(self):
        self.ok("secrets", "enable", "-path=kv1", "-version=1", "kv")
        self.assertEqual(self.ok("kv", "put", "kv1/a", "k=v"), "Success! Data written to: kv1/a\n")
        self.assertEqual(self.ok("kv", "get", "-field=k", "kv1/a"), "v")
        refused = self.signet("kv", "rollback", "-version=1", "kv1/a")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("signet kv enable-versioning kv1/", refused.stderr)
        self.ok("kv", "enable-versioning", "kv1")
        self.assertEqual(json.loads(self.ok("kv", "get", "-format=json", "kv1/a"))["data"]["metadata"]["version"], 1)

    def test_exit_codes(self):
        self.assertEqual(self.signet("read", "pki/nothing").returncode, 2)
        self.assertEqual(self.signet("list", "secret/none").returncode, 2)
        self.assertEqual(self.signet("write", "sys/mounts/x", "type=none").returncode, 2)
        self.assertEqual(self.signet("read").returncode, 1)
        self.assertEqual(self.signet("read", "-nonsense", "x").returncode, 1)
        self.assertEqual(self.signet("nonsense").returncode, 127)
        self.assertEqual(self.signet("secrets", "nonsense").returncode, 127)
        self.assertEqual(self.signet("read", "-field=none", "auth/token/lookup-self").returncode, 1)
        gone = self.signet("read", "x", VAULT_ADDR="http://127.0.0.1:1")
        self.assertEqual(gone.returncode, 2)
        self.assertIn("SIGNET_ADDR", gone.stderr)

    def test_status(self):
        done = self.signet("status")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"Sealed +false")
        self.assertFalse(json.loads(self.ok("status", "-format=json"))["sealed"])

    def test_tokens_policies_mounts_audit(self):
        self.ok("policy", "write", "issuer", "-", stdin='path "pki/issue/*" { capabilities = ["update"] }')
        self.assertIn("issuer", self.ok("policy", "list").split())
        self.assertIn("pki/issue", self.ok("policy", "read", "issuer"))
        token = self.ok("token", "create", "-policy=issuer", "-ttl=1h", "-field=token")
        self.assertEqual(self.ok("token", "capabilities", token, "pki/issue/server"), "update\n")
        self.assertEqual(self.signet("read", "sys/mounts", token=token).returncode, 2)
        self.ok("login", token, token=None)
        self.assertEqual((pathlib.Path(self.home) / ".vault-token").read_text(), token)
        self.assertEqual(self.ok("print", "token", token=None), token)
        self.assertRegex(self.ok("token", "lookup", token=None), r"policies +\[default issuer\]")
        self.assertIn("Success! Revoked token", self.ok("token", "revoke", token))
        self.assertEqual(self.signet("token", "lookup", token=None).returncode, 2)
        self.ok("secrets", "enable", "-path=kv", "kv")
        self.assertIn("kv/", self.ok("secrets", "list"))
        self.ok("write", "kv/a", "b=c")
        self.assertEqual(self.ok("read", "-field=b", "kv/a"), "c")
        self.ok("secrets", "tune", "-max-lease-ttl=2h", "kv")
        self.ok("secrets", "move", "kv", "moved")
        self.assertEqual(self.ok("read", "-field=b", "moved/a"), "c")
        self.ok("secrets", "disable", "moved")
        log = os.path.join(self.home, "audit.log")
        self.ok("audit", "enable", "file", "file_path=" + log)
        self.assertIn("file/", self.ok("audit", "list"))
        self.assertIn('"type":"request"', pathlib.Path(log).read_text())
        self.ok("audit", "disable", "file")
        self.ok("operator", "rotate")
        self.assertIn("Key Term", self.ok("operator", "key-status"))

    def test_data_from_files_and_stdin(self):
        self.ok("secrets", "enable", "-path=kv", "kv")
        path = os.path.join(self.home, "value")
        pathlib.Path(path).write_text("from file")
        self.ok("write", "kv/a", "x=@" + path, "y=\\@literal", "z=1", "z=2")
        self.assertEqual(self.ok("read", "-field=x", "kv/a"), "from file")
        self.assertEqual(self.ok("read", "-field=y", "kv/a"), "@literal")
        self.assertEqual(json.loads(self.ok("read", "-format=json", "kv/a"))["data"]["z"], ["1", "2"])
        self.ok("write", "kv/b", "-", stdin='{"n": 9007199254740993}')
        self.assertEqual(self.ok("read", "-field=n", "kv/b"), "9007199254740993")

    def test_every_command_has_help_with_its_usage(self):
        for name in ("read", "write", "list", "delete", "status", "login", "secrets enable", "policy write", "token create", "audit enable",
                     "operator init", "operator unseal"):
            out = self.ok(*name.split(), "-help", token=None)
            self.assertIn("Usage: signet " + name, out)


class Operator(unittest.TestCase):
    def test_init_unseal_seal(self):
        with Server(dev=False, token="") as server:
            env = dict(os.environ, SIGNET_ADDR=f"http://127.0.0.1:{server.port}")
            env.pop("SIGNET_TOKEN", None)

            def signet(*arguments, **more):
                return subprocess.run([BINARY, *arguments], capture_output=True, text=True, env=dict(env, **more), timeout=60)

            self.assertEqual(signet("status").returncode, 2)
            self.assertEqual(signet("operator", "init", "-status").returncode, 2)
            keys = json.loads(signet("operator", "init", "-key-shares=3", "-key-threshold=2", "-format=json").stdout)
            self.assertEqual(len(keys["unseal_keys_b64"]), 3)
            self.assertEqual(signet("operator", "init").returncode, 2)
            first = signet("operator", "unseal", keys["unseal_keys_b64"][0])
            self.assertRegex(first.stdout, r"Unseal Progress +1/2")
            self.assertRegex(signet("operator", "unseal", keys["unseal_keys_hex"][2]).stdout, r"Sealed +false")
            self.assertEqual(signet("status").returncode, 0)
            self.assertEqual(signet("operator", "seal", SIGNET_TOKEN=keys["root_token"]).returncode, 0)
            self.assertEqual(signet("status").returncode, 2)


if __name__ == "__main__":
    unittest.main()
