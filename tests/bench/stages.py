#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Says where the microseconds of one issued certificate go: samples the server's stacks under load and adds them up by stage.

    tests/bench/stages.py [--binary build/release/signet] [--seconds 8] [--stored] [--write docs/performance.md]

Needs perf (Debian's linux-perf, as root) and wrk. A sample belongs to the innermost stage whose function stands in its stack; what no
stage claims and what the kernel does for the sockets and for handing requests between threads have lines of their own. The sum is the
server's CPU time an operation, measured over the same seconds from /proc.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import run

# Innermost first: a sample is claimed by the first of its frames, from the leaf up, that one of these names.
STAGES = [
    ("key: generate and encode", r"pki::PkiEngine::new_key|PrivateKey::generate|private_key_text|crypto::PrivateKey::~PrivateKey"),
    ("sign", r"ca::sign\b|PrivateKey::sign"),
    ("names, lifetime, TBS", r"checked_names|validity_for|ca::prepare|TbsMaker|Subject::name|serial_by_expiry|LeafTemplates|Roles::find"),
    ("PEM and answer fields", r"certificate_text|object_text|signet::pem\b|finish_leaf|issue_once"),
    ("row and commit", r"CommitUnit|Committer|Passage::commit|storage::"),
    ("audit", r"Audit::log_|Passage::audit"),
    ("token and policy", r"Passage::authenticate|Passage::authorise|Tokens::|Acl::|Policies::"),
    ("route and decode", r"find_route|Schema<|read_body|parse_body|RouteTable"),
    ("envelope", r"api::render|write_envelope|api::.*(write_(data|members|string|json|list|head|field)|merge|assemble)"),
    ("HTTP: read, translate, write", r"api::\(anonymous namespace\)::|api::translate|boost::beast|async_write|head_of|serve_requests"),
    ("worker hand-over", r"Workers::|AwaitedJob|post|scheduler|epoll_reactor"),
]
KERNEL = [
    ("kernel: sockets", r"sys_(sendto|sendmsg|recvfrom|recvmsg|epoll|accept)|tcp_|inet_|sock_"),
    ("kernel: waking and switching threads", r"futex|schedule|wake_up|eventfd"),
]


def stage_of(frames):
    """frames: (symbol, is_kernel) from the leaf up."""
    kernel = [name for name, is_kernel in frames if is_kernel]
    if kernel:
        text = " ".join(kernel)
        for stage, pattern in KERNEL:
            if re.search(pattern, text):
                return stage
        return "kernel: rest"
    for name, _ in frames:
        for stage, pattern in STAGES:
            if re.search(pattern, name):
                return stage
    return "rest"


def samples(data):
    """Every sample's frames from `perf script`."""
    out = subprocess.run(["perf", "script", "-i", data, "-F", "ip,sym,dso", "--no-inline"], capture_output=True, text=True).stdout
    for block in out.split("\n\n"):
        frames = []
        for line in block.splitlines():
            match = re.match(r"\s*[0-9a-f]+\s+(.*?)\s+\(([^)]*)\)$", line)
            if match:
                frames.append((match.group(1), "kernel" in match.group(2)))
        if frames:
            yield frames


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(run.ROOT / "build/release/signet"))
    parser.add_argument("--seconds", type=int, default=8)
    parser.add_argument("--stored", action="store_true", help="an issue that is stored (SQLite) instead of one that is not")
    parser.add_argument("--write", help="replace the stage table of this Markdown file")
    options = parser.parse_args()
    work = pathlib.Path(tempfile.mkdtemp(prefix="signet-stages."))
    server = run.Server(options.binary, "sqlite", work)
    try:
        run.setup_pki(server)
        path = "/v1/pki/issue/" + ("stored" if options.stored else "unstored")
        body = json.dumps({"common_name": "api.example.com"})
        run.wrk(server.port, path, 1, 64, "POST", body, "root")
        before = run.cpu_seconds(server.pid)
        _, count, *_ = run.wrk(server.port, path, options.seconds, 64, "POST", body, "root")
        each = (run.cpu_seconds(server.pid) - before) / count * 1e6
        data = str(work / "perf.data")
        perf = subprocess.Popen(["perf", "record", "-q", "-e", "cpu-clock", "-F", "499", "--call-graph", "dwarf,16384", "-p", str(server.pid), "-o", data,
                                 "--", "sleep", str(options.seconds)], stderr=subprocess.DEVNULL)
        run.wrk(server.port, path, options.seconds + 1, 64, "POST", body, "root")
        perf.wait()
    finally:
        server.stop()
    sums, total = {}, 0
    for frames in samples(data):
        stage = stage_of(frames)
        sums[stage] = sums.get(stage, 0) + 1
        total += 1
    if total < 100:
        sys.exit("perf took too few samples: is this root, and does perf work on this machine?")
    lines = ["| stage | us | share |", "|---|---|---|"]
    lines += [f"| {stage} | {each * n / total:.1f} | {100 * n / total:.0f} % |" for stage, n in sorted(sums.items(), key=lambda entry: -entry[1])]
    lines += [f"| **one issue, {'stored' if options.stored else 'not stored'}** | **{each:.0f}** | {total:,} samples |"]
    print("\n".join(lines))
    if options.write:
        run.replace_between(pathlib.Path(options.write), "stages", lines)


if __name__ == "__main__":
    main()
