# SPDX-License-Identifier: Apache-2.0
"""Starts the built server on a free port for tests.

    with Server() as server:                 # -dev, unsealed, root token "root"
        server.call("GET", "sys/mounts")     # (status, headers, document)
    Server(dev=False, config="...", listener="...")   # -config, sealed until initialised

Environment: SIGNET_BINARY (the program), SIGNET_TEST_STORAGE (sqlite or postgresql),
SIGNET_TEST_POSTGRES (URL of a cluster in which databases may be created).
"""
import http.client
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.parse
import uuid

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("SIGNET_BINARY", str(ROOT / "build/release/signet"))
STORAGE = os.environ.get("SIGNET_TEST_STORAGE", "sqlite")
POSTGRES = os.environ.get("SIGNET_TEST_POSTGRES", "")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _psql(statement):
    subprocess.run(["psql", "-qX", "-v", "ON_ERROR_STOP=1", POSTGRES, "-c", statement], check=True, capture_output=True)


class Database:
    """A fresh SQLite file in `folder`, or a fresh database of the test cluster."""

    def __init__(self, folder, kind=STORAGE):
        self.kind = kind
        if kind == "sqlite":
            self.path = os.path.join(folder, "signet.db")
            self.block = f'storage "sqlite" {{ path = "{self.path}" }}\n'
            return
        self.name = "it_" + uuid.uuid4().hex[:12]
        _psql(f"CREATE DATABASE {self.name}")
        parts = urllib.parse.urlsplit(POSTGRES)
        self.url = urllib.parse.urlunsplit(parts._replace(path="/" + self.name))
        self.block = f'storage "postgresql" {{ connection_url = "{self.url}" }}\n'

    def drop(self):
        if self.kind != "sqlite":
            _psql(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")


class Server:
    """One process. `config` is further configuration text; `listener` replaces the plain one."""

    def __init__(self, dev=True, config="", listener=None, flags=(), storage=STORAGE, token="root", environment=None,
                 database_folder=None, log_path=None):
        self.dev, self.token, self.environment = dev, token, environment or {}
        self.folder = tempfile.mkdtemp(prefix="signet-it.")
        self.database = Database(database_folder or self.folder, storage)
        self.log_path = log_path or os.path.join(self.folder, "log")
        self.port = free_port()
        if listener is None:
            listener = f'listener "tcp" {{\n address = "127.0.0.1:{self.port}"\n tls_disable = true\n}}\n'
        else:
            listener = listener.replace("PORT", str(self.port))
        self.config_path = os.path.join(self.folder, "signet.hcl")
        pathlib.Path(self.config_path).write_text(
            self.database.block + ("" if dev else listener + "disable_mlock = true\n") + config)
        self.flags = list(flags)
        self.tls = None  # an ssl.SSLContext: calls use HTTPS
        self.process = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.close()

    def start(self, expect_answer=True):
        command = [BINARY, "server", "-config=" + self.config_path]
        if self.dev:
            command += ["-dev", "-dev-root-token-id=" + self.token, f"-dev-listen-address=127.0.0.1:{self.port}",
                        "-dev-no-store-token"]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(command + self.flags, stdout=log, stderr=log, cwd=self.folder,
                                            env=dict(os.environ, TMPDIR=self.folder) | self.environment)
        if expect_answer:
            self.wait_ready()
        return self

    def wait_ready(self, limit=20.0):
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"server ended with {self.process.returncode}:\n{self.log()}")
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                time.sleep(0.01)
        raise RuntimeError("server does not answer:\n" + self.log())

    def log(self):
        return pathlib.Path(self.log_path).read_text(errors="replace")

    def stop(self, how=signal.SIGTERM, limit=60):
        """Ends the process; its exit code (negative: the signal that killed it)."""
        if self.process and self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(limit)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise
        return self.process.returncode if self.process else None

    def close(self):
        try:
            if self.process and self.process.poll() is None:
                self.process.kill()
                self.process.wait()
            self.database.drop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def connection(self, timeout=30):
        if self.tls:
            return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=timeout, context=self.tls)
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def raw(self, timeout=30):
        """A plain socket, for what no client library sends."""
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def request(self, method, path, body=None, headers=None, token=None, connection=None):
        """(status, headers, bytes); `path` is absolute or below /v1/."""
        sent = dict(headers or {})
        token = self.token if token is None else token
        if token:
            sent.setdefault("X-Vault-Token", token)
        own = connection or self.connection()
        try:
            own.request(method, path if path.startswith("/") else "/v1/" + path, body, sent)
            answer = own.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            if connection is None:
                own.close()

    def call(self, method, path, document=None, **more):
        """The same with JSON both ways; an empty body is None."""
        body = None if document is None else json.dumps(document)
        status, headers, text = self.request(method, path, body, **more)
        return status, headers, json.loads(text) if text else None

    def write(self, path, document=None, **more):
        status, _, answer = self.call("POST", path, document or {}, **more)
        if status not in (200, 204):
            raise AssertionError(f"{path}: {status} {answer}")
        return (answer or {}).get("data")

    def initialise(self):
        """Initialises and unseals with one share; sets the root token."""
        _, _, keys = self.call("PUT", "sys/init", {"secret_shares": 1, "secret_threshold": 1}, token="")
        self.token = keys["root_token"]
        self.unseal_key = keys["keys_base64"][0]
        self.unseal()
        return self

    def unseal(self):
        _, _, status = self.call("PUT", "sys/unseal", {"key": self.unseal_key}, token="")
        assert status["sealed"] is False, status


def certificate(folder, name="localhost", serial=None):
    """A self-signed certificate as (certificate file, key file), made by openssl."""
    stem = os.path.join(folder, serial or uuid.uuid4().hex[:8])
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=" + name, "-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1",
                    "-keyout", stem + ".key", "-out", stem + ".pem"], check=True, capture_output=True)
    return stem + ".pem", stem + ".key"


def client_context(*trusted, least=None, most=None):
    context = ssl.create_default_context()
    context.check_hostname = False
    for path in trusted:
        context.load_verify_locations(path)
    if least:
        context.minimum_version = least
    if most:
        context.maximum_version = most
    return context
