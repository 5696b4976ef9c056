#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the server beside the raw limits of the same machine in the same run and prints one table.

    tests/bench/run.py [--binary build/release/signet] [--seconds 8] [--only TEXT] [--write docs/performance.md]

The stage table of one issue follows (tests/bench/stages.py). --write replaces both tables in the file between their marks.
Load comes from wrk on the same machine; `server us` is the server's CPU time (all threads) an operation, from /proc.
Raw limits: `openssl speed` (P-256 signatures a second on one core), nginx serving the same OCSP answer, pgbench inserting a row of the
same size. Needs wrk, nginx-light and postgresql (Debian). Every load is bounded in time and goes to 127.0.0.1.
"""
import argparse
import base64
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.parse

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
TICK = os.sysconf("SC_CLK_TCK")


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_seconds(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def resident_kib(pid: int) -> int:
    return int(re.search(r"VmRSS:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text()).group(1))


class Server:
    def __init__(self, binary: str, storage: str, work: pathlib.Path, url: str = ""):
        self.port = free_port()
        self.log = open(work / f"server-{self.port}.log", "w")
        command = [binary, "server", "-dev", "-dev-root-token-id=root", f"-dev-listen-address=127.0.0.1:{self.port}", "-dev-no-store-token"]
        if storage == "postgresql":
            config = work / f"server-{self.port}.hcl"
            config.write_text(f'storage "postgresql" {{\n  connection_url = "{url}"\n}}\n')
            command.append(f"-config={config}")
        begin = time.monotonic()
        self.process = subprocess.Popen(command, stdout=self.log, stderr=subprocess.STDOUT)
        while True:
            try:
                if self.call("GET", "sys/health")[0] == 200:
                    break
            except OSError:
                pass
            if self.process.poll() is not None or time.monotonic() - begin > 20:
                sys.exit(f"the server does not start: see {self.log.name}")
            time.sleep(0.002)
        self.start_ms = (time.monotonic() - begin) * 1000
        self.pid = self.process.pid

    def call(self, method: str, path: str, body=None):
        c = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        c.request(method, "/v1/" + path, json.dumps(body) if body is not None else None, {"X-Vault-Token": "root"})
        r = c.getresponse()
        raw = r.read()
        try:
            return r.status, json.loads(raw) if raw else None
        except ValueError:
            return r.status, raw

    def must(self, method: str, path: str, body=None):
        status, answer = self.call(method, path, body)
        if status >= 300:
            sys.exit(f"{method} {path}: {status} {answer}")
        return answer

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()


def wrk(port: int, path: str, seconds: int, connections: int, method="GET", body="", token="", content_type="application/json", spread=0):
    """Requests a second, latencies in ms, answers that were no 2xx. `spread`: a number below it is appended to the path."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua", delete=False) as lua:
        lua.write(f'wrk.method = "{method}"\n')
        if body:
            lua.write(f"wrk.body = {json.dumps(body)}\nwrk.headers['Content-Type'] = '{content_type}'\n")
        if token:
            lua.write(f"wrk.headers['X-Vault-Token'] = '{token}'\n")
        if spread:
            lua.write(f"local n = 0\nfunction request()\n  n = n + 1\n  return wrk.format(nil, '{path}' .. (n * 7919) % {spread})\nend\n")
    out = subprocess.run(["wrk", "-t", "1", "-c", str(connections), "-d", f"{seconds}s", "--latency", "-s", lua.name,
                          f"http://127.0.0.1:{port}{path}"], capture_output=True, text=True).stdout
    os.unlink(lua.name)
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", out).group(1))
    count = int(re.search(r"(\d+) requests in", out).group(1))
    ms = {}
    for percent in ("50%", "99%"):
        found = re.search(percent + r"\s+([\d.]+)(us|ms|s)", out)
        ms[percent] = float(found.group(1)) * {"us": 0.001, "ms": 1, "s": 1000}[found.group(2)] if found else float("nan")
    failed = sum(int(n) for n in re.findall(r"Non-2xx or 3xx responses: (\d+)", out))
    return rate, count, ms["50%"], ms["99%"], failed


def measure(rows, name, server, limit, *args, **kwargs):
    before = cpu_seconds(server.pid)
    rate, count, p50, p99, failed = wrk(server.port, *args, **kwargs)
    cpu = (cpu_seconds(server.pid) - before) / max(count, 1) * 1e6
    rows.append((name, f"{rate:,.0f}", f"{p50:.2f}", f"{p99:.2f}", f"{cpu:.0f}", f"{resident_kib(server.pid) // 1024}",
                 f"{rate / limit[1] * 100:.0f} % of {limit[0]}" if limit else ""))
    print("  ".join(str(c).rjust(w) for c, w in zip(rows[-1], (36, 9, 8, 8, 9, 6, 34))) + (f"   {failed} not 2xx" if failed else ""), flush=True)
    return rate


def openssl_signs() -> float:
    out = subprocess.run(["openssl", "speed", "-seconds", "3", "-mr", "ecdsap256"], capture_output=True, text=True)
    found = re.search(r"\+F4:\d+:256:([\d.e-]+):", out.stdout)
    value = float(found.group(1))
    return value if value > 100 else 1 / value


def nginx_rate(work: pathlib.Path, body: bytes, seconds: int) -> float:
    port = free_port()
    (work / "www").mkdir(exist_ok=True)
    (work / "www" / "ocsp").write_bytes(body)
    os.chmod(work, 0o755)
    (work / "nginx.conf").write_text(f"""
worker_processes 1; pid {work}/nginx.pid; error_log {work}/nginx.err; daemon off;
events {{ worker_connections 1024; }}
http {{ access_log off; open_file_cache max=10; keepalive_requests 1000000; client_body_temp_path {work}/t1; proxy_temp_path {work}/t2;
  fastcgi_temp_path {work}/t3; uwsgi_temp_path {work}/t4; scgi_temp_path {work}/t5;
  server {{ listen 127.0.0.1:{port}; root {work}/www; default_type application/ocsp-response; }} }}
""")
    process = subprocess.Popen(["nginx", "-c", str(work / "nginx.conf")], stderr=subprocess.DEVNULL)
    time.sleep(0.5)
    try:
        return wrk(port, "/ocsp", seconds, 32)[0]
    finally:
        process.terminate()
        process.wait()


def setup_pki(server: Server):
    server.must("POST", "sys/mounts/pki", {"type": "pki", "config": {"max_lease_ttl": "87600h"}})
    root = server.must("POST", "pki/root/generate/internal", {"common_name": "Bench CA", "key_type": "ec", "ttl": "87600h"})["data"]
    for name, extra in (("stored", {}), ("unstored", {"no_store": True})):
        server.must("POST", f"pki/roles/{name}", {"allowed_domains": "example.com", "allow_subdomains": True, "max_ttl": "72h", "key_type": "ec", **extra})
    return root


def ocsp_get_path(work: pathlib.Path, root: dict, leaf: dict) -> str:
    (work / "root.pem").write_text(root["certificate"] + "\n")
    (work / "leaf.pem").write_text(leaf["certificate"] + "\n")
    subprocess.run(["openssl", "ocsp", "-issuer", work / "root.pem", "-cert", work / "leaf.pem", "-no_nonce", "-reqout", work / "req.der"],
                   check=True, capture_output=True)
    return "/v1/pki/ocsp/" + urllib.parse.quote(base64.b64encode((work / "req.der").read_bytes()).decode(), safe="")


def replace_between(file: pathlib.Path, mark: str, lines):
    """Puts the lines between `<!-- mark -->` and the next `<!-- end -->` of a Markdown file."""
    pattern = re.compile(f"(<!-- {mark} -->\n).*?(<!-- end -->)", re.S)
    text = file.read_text()
    if not pattern.search(text):
        sys.exit(f"{file} has no <!-- {mark} --> to write at")
    file.write_text(pattern.sub(lambda m: m.group(1) + "\n".join(lines) + "\n" + m.group(2), text))


def measure_kv(rows, server, seconds, storage):
    server.must("POST", "sys/mounts/bench", {"type": "kv", "options": {"version": "2"}})
    secret = json.dumps({"data": {"user": "app", "password": "0123456789abcdef0123456789abcdef"}})
    server.must("POST", "bench/data/app/db", json.loads(secret))
    measure(rows, f"KV v2 read, {storage}", server, None, "/v1/bench/data/app/db", seconds, 64, token="root")
    measure(rows, f"KV v2 write, {storage}", server, None, "/v1/bench/data/app/w", seconds, 64, "POST", secret, "root", spread=1000)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(ROOT / "build/release/signet"))
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--only", default="")
    parser.add_argument("--write")
    options = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix="signet-bench."))
    os.chmod(work, 0o755)
    postgres = subprocess.run([str(ROOT / "tests/support/postgres.sh"), "start", str(work / "pg")], capture_output=True, text=True)
    url = postgres.stdout.strip().splitlines()[-1]
    rows = []
    issue = json.dumps({"common_name": "api.example.com"})
    try:
        signs = openssl_signs()
        limit = ("openssl P-256 signs, one core", signs)
        head = ("operation", "req/s", "p50 ms", "p99 ms", "server us", "MiB", "of the raw limit")
        print("  ".join(c.rjust(w) for c, w in zip(head, (36, 9, 8, 8, 9, 6, 34))))
        for storage in ("sqlite", "postgresql"):
            if options.only and options.only not in storage:
                continue
            server = Server(options.binary, storage, work, url)
            idle = resident_kib(server.pid) / 1024
            root = setup_pki(server)
            leaf = server.must("POST", "pki/issue/stored", {"common_name": "api.example.com"})["data"]
            n, t = options.seconds, "root"
            if storage == "sqlite":
                measure(rows, "health (in place)", server, None, "/v1/sys/health", n, 32)
                measure(rows, "lookup-self (worker)", server, None, "/v1/auth/token/lookup-self", n, 32, token=t)
                path = ocsp_get_path(work, root, leaf)
                _, body = server.call("GET", path[4:])
                raw = nginx_rate(work, body, n)
                measure(rows, "ocsp cached GET", server, ("nginx, same bytes, 1 worker", raw), path, n, 32)
                measure(rows, "crl GET", server, None, "/v1/pki/crl", n, 32)
                measure(rows, "issue P-256, not stored", server, limit, "/v1/pki/issue/unstored", n, 64, "POST", issue, t)
            measure(rows, f"issue P-256, {storage}, 64 clients", server, limit, "/v1/pki/issue/stored", n, 64, "POST", issue, t)
            measure(rows, f"issue P-256, {storage}, 1 client", server, limit, "/v1/pki/issue/stored", n, 1, "POST", issue, t)
            measure_kv(rows, server, n, storage)
            print(f"{storage}: first answer after {server.start_ms:.0f} ms, {idle:.0f} MiB idle", flush=True)
            server.stop()
        if options.write:
            lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)] + ["| " + " | ".join(map(str, r)) + " |" for r in rows]
            replace_between(pathlib.Path(options.write), "operations", lines)
    finally:
        subprocess.run([str(ROOT / "tests/support/postgres.sh"), "stop", str(work / "pg")], capture_output=True)
        shutil.rmtree(work, ignore_errors=True)
    if not options.only:
        print("\nwhere the microseconds of one issue go")
        command = [sys.executable, str(HERE / "stages.py"), "--binary", options.binary, "--seconds", str(options.seconds)]
        subprocess.run(command + (["--write", options.write] if options.write else []), check=False)


if __name__ == "__main__":
    main()
