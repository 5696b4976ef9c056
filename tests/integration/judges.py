# SPDX-License-Identifier: Apache-2.0
"""Verifiers of other projects: each says whether it accepts a certification path, and why not.

    for judge in judges():
        accepted, words = judge.verdict(Papers(leaf=pem, above=[pem, ...], root=pem, usage="server"))

`Nss` is the verifier of Firefox (Debian's libnss3-tools) in its classic form, `NssPkix` the same library's RFC 5280 path
builder, `Go` the standard library of Go, which most clients of Vault's API are written in (tests/judges/chain.go; left out
where no Go is installed).
"""
import dataclasses
import datetime
import pathlib
import shutil
import subprocess
import tempfile

SOURCE = pathlib.Path(__file__).resolve().parents[1] / "judges" / "chain.go"


@dataclasses.dataclass
class Papers:
    """What is put before a judge. PEM texts; `crls` are DER; `at` is a moment in UTC, now where it is None."""
    leaf: str
    above: list
    root: str
    usage: str = "server"
    name: str = ""
    at: datetime.datetime = None
    crls: tuple = ()


def run(*command):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, errors="replace")


def put(folder, name, content):
    path = pathlib.Path(folder) / name
    path.write_bytes(content) if isinstance(content, bytes) else path.write_text(content.strip() + "\n")
    return path


class Nss:
    """`certutil -V` on a database that trusts the root, knows the intermediates and has imported the CRLs."""
    name = "NSS"
    knows_ed25519 = False
    checks_names = False
    usages = {"server": "V", "client": "C"}

    def _database(self, folder, papers):
        database = "sql:" + folder
        self._must("certutil", "-N", "-d", database, "--empty-password")
        self._must("certutil", "-A", "-d", database, "-n", "root", "-t", "CT,C,C", "-i", put(folder, "root.pem", papers.root))
        for at, above in enumerate(papers.above):
            self._must("certutil", "-A", "-d", database, "-n", f"above{at}", "-t", ",,", "-i", put(folder, f"above{at}.pem", above))
        self._must("certutil", "-A", "-d", database, "-n", "leaf", "-t", ",,", "-i", put(folder, "leaf.pem", papers.leaf))
        for at, crl in enumerate(papers.crls):
            self._must("crlutil", "-I", "-d", database, "-t", "1", "-i", put(folder, f"{at}.crl", crl))
        return database

    @staticmethod
    def _must(*command):
        done = run(*command)
        if done.returncode != 0:
            raise AssertionError(f"{command[0]} {command[1]}: {done.stdout}{done.stderr}")

    def verdict(self, papers):
        with tempfile.TemporaryDirectory(prefix="signet-nss.") as folder:
            database = self._database(folder, papers)
            when = ["-b", papers.at.strftime("%y%m%d%H%M%SZ")] if papers.at else []
            done = run("certutil", "-V", "-e", "-d", database, "-n", "leaf", "-u", self.usages[papers.usage], *when)
            return done.returncode == 0, (done.stdout + done.stderr).strip()


class NssPkix(Nss):
    """`vfychain -pp`: the library's other verifier, told to demand a CRL where one was given."""
    name = "NSS (PKIX)"
    usages = {"server": "1", "client": "0"}

    def verdict(self, papers):
        with tempfile.TemporaryDirectory(prefix="signet-nss.") as folder:
            database = self._database(folder, papers)
            when = ["-b", papers.at.strftime("%y%m%d%H%MZ")] if papers.at else []
            revocation = ["-g", "leaf", "-m", "crl", "-s", "requireInfo"] if papers.crls else []
            files = ["leaf.pem", *(f"above{at}.pem" for at in range(len(papers.above)))]
            done = run("vfychain", "-pp", "-d", database, "-u", self.usages[papers.usage], *when, *revocation,
                       "-a", *(pathlib.Path(folder) / file for file in files), "-t", pathlib.Path(folder) / "root.pem")
            return done.returncode == 0 and "Chain is good!" in (done.stdout + done.stderr), (done.stdout + done.stderr).strip()


class Go:
    name = "Go"
    knows_ed25519 = True
    checks_names = True
    _folder = None

    def __init__(self):
        if Go._folder is None:
            Go._folder = tempfile.TemporaryDirectory(prefix="signet-go.")
            done = subprocess.run(["go", "build", "-o", Go._folder.name + "/chain", str(SOURCE)], capture_output=True, text=True,
                                  cwd=Go._folder.name)
            if done.returncode != 0:
                raise AssertionError("chain.go does not compile: " + done.stderr)

    def verdict(self, papers):
        with tempfile.TemporaryDirectory(prefix="signet-go.") as folder:
            command = [Go._folder.name + "/chain", "-usage", papers.usage, "-leaf", put(folder, "leaf.pem", papers.leaf),
                       "-root", put(folder, "root.pem", papers.root)]
            if papers.above:
                command += ["-above", put(folder, "above.pem", "\n".join(papers.above))]
            if papers.name:
                command += ["-name", papers.name]
            if papers.at:
                command += ["-at", papers.at.strftime("%Y-%m-%dT%H:%M:%SZ")]
            for at, crl in enumerate(papers.crls):
                command += ["-crl", put(folder, f"{at}.crl", crl)]
            done = run(*command)
            return done.returncode == 0 and done.stdout == "ok\n", (done.stdout + done.stderr).strip()


def judges():
    return [Nss(), NssPkix()] + ([Go()] if shutil.which("go") else [])
