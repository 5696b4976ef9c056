#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every test stage against one build and sums them up: last line 'N passed, N failed'.

Stages: each unit_* program (storage tests also on PostgreSQL), each tests/integration/test_*.py and
tests/clients/test_*.py once on SQLite and once on PostgreSQL. A stage that dies counts as one failure.

    tests/run_all.py --build build/release [--jobs 2] [--fast] [NAME...]
"""
import argparse
import concurrent.futures
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent


def unit_stage(program: pathlib.Path, work: pathlib.Path, environment: dict) -> tuple[int, int, str]:
    report = work / f"{program.name}.json"
    done = subprocess.run([str(program), f"--gtest_output=json:{report}", "--gtest_brief=1"], capture_output=True,
                          text=True, env=environment, timeout=1200, errors="replace")
    if not report.exists():
        return 0, 1, done.stdout[-3000:] + done.stderr[-3000:]
    result = json.loads(report.read_text())
    bad = result["failures"] + result.get("errors", 0)
    if done.returncode != 0 and bad == 0:
        bad = 1  # died after its tests: a sanitizer's report, a crash at exit
    skipped = [f"{test['classname']}.{test['name']}" for suite in result["testsuites"] for test in suite["testsuite"]
               if test.get("result") == "SKIPPED"]
    good = result["tests"] - result["failures"] - result.get("disabled", 0) - len(skipped)
    return good, bad, "".join(f"left out: {name}\n" for name in skipped) + ((done.stdout + done.stderr)[-6000:] if bad else "")


def python_stage(script: pathlib.Path, kind: str, environment: dict) -> tuple[int, int, str]:
    environment = dict(environment, SIGNET_TEST_STORAGE=kind)
    done = subprocess.run([sys.executable, str(HERE / "support" / "unittest_json.py"), str(script)], capture_output=True,
                          text=True, env=environment, timeout=1800, errors="replace")
    try:
        counts = json.loads(done.stdout.strip().splitlines()[-1])
        text = done.stderr[-6000:] if counts["failed"] else ""
        return counts["passed"], counts["failed"], "".join(f"left out: {reason}\n" for reason in counts["skipped"]) + text
    except (IndexError, ValueError, KeyError):
        return 0, 1, done.stdout[-3000:] + done.stderr[-3000:]


def start_postgres(work: pathlib.Path) -> str:
    done = subprocess.run([str(HERE / "support" / "postgres.sh"), "start", str(work / "postgres")], capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit("PostgreSQL did not start:\n" + done.stdout + done.stderr)
    return done.stdout.strip().splitlines()[-1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", required=True)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--fast", action="store_true", help="unit tests only")
    parser.add_argument("only", nargs="*")
    options = parser.parse_args()
    build = pathlib.Path(options.build).resolve()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    work = pathlib.Path(tempfile.mkdtemp(prefix="signet-test."))
    os.chmod(work, 0o755)  # the postgres user passes through it
    try:
        environment = dict(os.environ, SIGNET_BINARY=str(build / "signet"), SIGNET_SOURCE_DIR=str(HERE.parent), SIGNET_TEST_POSTGRES=start_postgres(work))
        stages = []
        for program in sorted((build / "tests").glob("unit_*")):
            if os.access(program, os.X_OK) and program.is_file():
                stages.append((program.name, lambda p=program: unit_stage(p, work, environment)))
        if not options.fast:
            for script in sorted((HERE / "integration").glob("test_*.py")) + sorted((HERE / "clients").glob("test_*.py")):
                for kind in ("sqlite", "postgresql"):
                    stages.append((f"{script.parent.name}/{script.stem} {kind}", lambda s=script, k=kind: python_stage(s, k, environment)))
        stages = [s for s in stages if not options.only or any(o in s[0] for o in options.only)]
        passed = failed = 0
        with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
            running = {}
            for name, run in stages:
                def timed(run=run):
                    begin = time.monotonic()
                    try:
                        return (*run(), time.monotonic() - begin)
                    except subprocess.TimeoutExpired as late:
                        return 0, 1, f"no end after {late.timeout:.0f} s", time.monotonic() - begin
                running[pool.submit(timed)] = name
            for done in concurrent.futures.as_completed(running):
                good, bad, text, seconds = done.result()
                passed, failed = passed + good, failed + bad
                print(f"{'ok  ' if bad == 0 else 'FAIL'} {running[done]:<44} {good:>5} passed, {bad} failed  {seconds:6.1f} s", flush=True)
                if text:
                    print("     " + text.rstrip().replace("\n", "\n     "), flush=True)
    finally:
        subprocess.run([str(HERE / "support" / "postgres.sh"), "stop", str(work / "postgres")], capture_output=True)
        shutil.rmtree(work, ignore_errors=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
