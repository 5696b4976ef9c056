# SPDX-License-Identifier: Apache-2.0
"""hvac-cli from PyPI, unmodified: a KV v2 command line that speaks Vault's API. Optional: skipped with the reason where the
registry is missing."""
import json
import os
import pathlib
import subprocess
import sys
import unittest

from signet_server import Server


class HvacCli(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        folder = pathlib.Path(os.environ.get("XDG_CACHE_HOME", os.path.expanduser("~/.cache")), "signet-tests", "hvac-cli")
        cls.command = folder / "bin" / "hvac-cli"
        if not cls.command.exists():
            for step in ([sys.executable, "-m", "venv", str(folder)],
                         [str(folder / "bin" / "pip"), "install", "-q", "--disable-pip-version-check", "hvac-cli==1.2.3"]):
                made = subprocess.run(step, capture_output=True, text=True, timeout=300)
                if made.returncode != 0:
                    raise unittest.SkipTest("hvac-cli cannot be installed: " + (made.stderr.strip().splitlines() or ["no reason given"])[-1])
        cls.server = Server().start()

    @classmethod
    def tearDownClass(cls):
        cls.server.close()

    def cli(self, *arguments, fails=False) -> str:
        env = {**os.environ, "VAULT_ADDR": f"http://127.0.0.1:{self.server.port}", "VAULT_TOKEN": self.server.token}
        done = subprocess.run([str(self.command), "kv", *arguments], capture_output=True, text=True, timeout=60, env=env)
        if not fails:
            self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def get(self, path: str, *more):
        return json.loads(self.cli("get", *more, path, "-f", "json"))

    def test_a_secret_from_first_write_to_its_end(self):
        self.cli("put", "myapp/db", "password=s3cr3t")
        self.cli("put", "myapp/db", "password=two", "user=app")
        self.cli("patch", "myapp/db", "user=web")
        self.assertEqual(self.get("myapp/db"), {"password": "two", "user": "web"})
        self.assertEqual(self.get("myapp/db", "--from-version", "1"), {"password": "s3cr3t"})
        self.assertEqual(json.loads(self.cli("list", "myapp", "-f", "json")), [{"Keys": "db"}])
        self.cli("delete", "myapp/db")
        self.assertNotIn("two", self.cli("get", "myapp/db", fails=True))
        self.cli("undelete", "--versions", "3", "myapp/db")
        self.assertEqual(self.get("myapp/db"), {"password": "two", "user": "web"})
        self.cli("destroy", "--versions", "1", "myapp/db")
        self.cli("metadata", "put", "--max-versions", "5", "myapp/db")
        metadata = json.loads(self.cli("metadata", "get", "myapp/db", "-f", "json"))["data"]
        self.assertEqual(metadata["max_versions"], 5)
        self.assertEqual([metadata["versions"][n]["destroyed"] for n in "123"], [True, False, False])
        self.assertEqual(json.loads(self.cli("dump")), {"myapp/db": {"password": "two", "user": "web"}})
        self.cli("metadata", "delete", "myapp/db")
        self.assertNotIn("myapp", self.cli("list", "/", fails=True))


if __name__ == "__main__":
    unittest.main()
