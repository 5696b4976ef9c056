#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures what many leases cost: the start, and requests while they all end at once.

    tests/bench/leases.py [--binary build/release/signet] [--kept 0] [--leases 100000] [--storage sqlite|postgresql]

Certificates with leases are issued by wrk, `--kept` of one role and `--leases` of another. The latter are marked and their
certificates revoked while others go on issuing. PostgreSQL: a throw-away cluster (tests/support/postgres.sh). Every load is bounded in time and goes to 127.0.0.1.
"""
import argparse
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ROLE = {"allow_any_name": True, "key_type": "ed25519", "ttl": "10h"}
BODY = '{"common_name":"a.test"}'


def count(server, role: str) -> int:
    statement = f"SELECT COUNT(*) FROM leases WHERE id LIKE 'pki/issue/{role}/%'"
    if server.database.kind == "sqlite":
        with sqlite3.connect(server.database.path, timeout=60) as connection:
            return connection.execute(statement).fetchone()[0]
    return int(subprocess.run(["psql", "-qAtX", server.database.url, "-c", statement], check=True, capture_output=True, text=True).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(ROOT / "build/release/signet"))
    parser.add_argument("--kept", type=int, default=0)
    parser.add_argument("--leases", type=int, default=100_000)
    parser.add_argument("--storage", default="sqlite", choices=["sqlite", "postgresql"])
    parser.add_argument("--seconds", type=int, default=5)
    options = parser.parse_args()
    os.environ["SIGNET_BINARY"] = options.binary
    work = pathlib.Path(tempfile.mkdtemp(prefix="signet-bench."))
    work.chmod(0o755)  # the database runs as its own user
    if options.storage == "postgresql":
        os.environ["SIGNET_TEST_POSTGRES"] = subprocess.run(
            [str(ROOT / "tests/support/postgres.sh"), "start", str(work / "pg")], check=True, capture_output=True, text=True).stdout.strip()
    sys.path[:0] = [str(HERE), str(ROOT / "tests/integration")]
    from run import wrk
    from signet_server import Server
    try:
        with Server(dev=False, token="", storage=options.storage) as server:
            server.initialise()
            server.write("sys/mounts/pki", {"type": "pki"})
            server.write("pki/root/generate/internal", {"common_name": "Bench CA", "key_type": "ec"})
            for role in ("kept", "due"):
                server.write("pki/roles/" + role, dict(ROLE, generate_lease=True))
            server.write("pki/roles/plain", ROLE)

            def issue(role, seconds, connections):
                return wrk(server.port, "/v1/pki/issue/" + role, seconds, connections, "POST", BODY, server.token)

            def start():
                server.stop()
                began = time.monotonic()
                server.start()
                server.unseal()
                server.write("pki/issue/plain", {"common_name": "a.test"})
                return (time.monotonic() - began) * 1000
            print(f"start to the first certificate, no lease: {min(start() for _ in range(3)):.0f} ms", flush=True)
            for role, wanted in (("kept", options.kept), ("due", options.leases)):
                while (have := count(server, role)) < wanted:
                    issue(role, options.seconds, 64)
            kept = count(server, "kept")
            print(f"start to the first certificate, {kept + have} leases: {min(start() for _ in range(3)):.0f} ms", flush=True)
            normal = issue("plain", options.seconds, 8)
            print(f"issue, 8 clients: {normal[0]:.0f}/s, p50 {normal[2]:.2f} ms, p99 {normal[3]:.2f} ms", flush=True)
            status = server.call("POST", "sys/leases/revoke-prefix/pki/issue/due", {"sync": False})[0]
            assert status == 202, status
            began, took = time.monotonic(), []

            def watch():
                time.sleep(options.seconds + 1)  # counting is work for the database too: not beside the measurement
                while count(server, "due") > 0 and time.monotonic() - began < 300:
                    time.sleep(2)
                took.append(time.monotonic() - began)
            watcher = threading.Thread(target=watch)
            watcher.start()
            during = issue("plain", options.seconds, 8)
            print(f"the same while leases end: {during[0]:.0f}/s, p50 {during[2]:.2f} ms, p99 {during[3]:.2f} ms", flush=True)
            watcher.join()
            print(f"{have} leases ended, their certificates revoked, after {took[0]:.1f} s; {count(server, 'due')} left, {kept} kept")
    finally:
        if options.storage == "postgresql":
            subprocess.run([str(ROOT / "tests/support/postgres.sh"), "stop", str(work / "pg")], capture_output=True)
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
