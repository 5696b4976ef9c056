#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures pages of a list among many KV v2 keys, flat and deep.

    tests/bench/volume.py [--binary build/release/signet] [--keys 1000000] [--storage sqlite|postgresql]

Half of the keys lie in one folder, the others three folders deep. They are written by atomic transactions; then pages of 100
are asked for, one after the other, at places spread over all names, over one connection. PostgreSQL: a throw-away cluster
(tests/support/postgres.sh). Everything goes to 127.0.0.1.
"""
import argparse
import concurrent.futures
import http.client
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
A_TRANSACTION = 128
PAGES = 300


def flat(i: int) -> str:
    return f"flat/key{i:07}"


def deep(i: int) -> str:
    """100 folders of 100 folders of keys."""
    return f"deep/team{i % 100:03}/service{i // 100 % 100:03}/key{i:07}"


def write_all(server, keys: int):
    paths = [name(i) for name in (flat, deep) for i in range(keys // 2)]
    parts = [paths[i:i + A_TRANSACTION] for i in range(0, len(paths), A_TRANSACTION)]

    def write(part):
        status, answer = server.call("POST", "many/transaction", {"writes": [{"path": path, "data": {"v": "x"}} for path in part]})[:2]
        assert status == 200, (status, answer)
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        for _ in pool.map(write, parts):
            pass


def pages(server, folder: str, afters) -> list:
    """Milliseconds of each page."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
    out = []
    for after in afters:
        began = time.monotonic()
        connection.request("GET", f"/v1/many/metadata/{folder}?list=true&limit=100&after={after}", headers={"X-Vault-Token": server.token})
        answer = connection.getresponse()
        names = json.loads(answer.read())["data"]["keys"]
        out.append((time.monotonic() - began) * 1000)
        assert answer.status == 200 and names, (answer.status, names)
    return out


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(ROOT / "build/release/signet"))
    parser.add_argument("--keys", type=int, default=1_000_000)
    parser.add_argument("--storage", default="sqlite", choices=["sqlite", "postgresql"])
    options = parser.parse_args()
    os.environ["SIGNET_BINARY"] = options.binary
    work = pathlib.Path(tempfile.mkdtemp(prefix="signet-bench."))
    work.chmod(0o755)  # the database runs as its own user
    if options.storage == "postgresql":
        os.environ["SIGNET_TEST_POSTGRES"] = subprocess.run(
            [str(ROOT / "tests/support/postgres.sh"), "start", str(work / "pg")], check=True, capture_output=True, text=True).stdout.strip()
    sys.path[:0] = [str(ROOT / "tests/integration")]
    from signet_server import Server
    try:
        with Server(dev=False, token="", storage=options.storage) as server:
            server.initialise()
            server.write("sys/mounts/many", {"type": "kv", "options": {"version": "2"}})
            began = time.monotonic()
            write_all(server, options.keys)
            print(f"{options.keys} keys written in {time.monotonic() - began:.0f} s", flush=True)
            picks = random.Random(1).sample(range(options.keys // 2 - 200), PAGES)
            for what, folder, afters in (
                    ("flat, one folder of half of them", "flat", [flat(i)[5:] for i in picks]),
                    ("flat, the first page", "flat", [""] * PAGES),
                    ("deep, the folders at the top", "deep", [""] * PAGES),
                    ("deep, the folders of a team", "deep/team042", [""] * PAGES),
                    ("deep, the keys of a service", "deep/team042/service017", [""] * PAGES)):
                took = sorted(pages(server, folder, afters))
                print(f"{what:34} p50 {statistics.median(took):6.2f} ms   p99 {took[int(len(took) * 0.99)]:6.2f} ms", flush=True)
    finally:
        if options.storage == "postgresql":
            subprocess.run([str(ROOT / "tests/support/postgres.sh"), "stop", str(work / "pg")], capture_output=True)
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
