#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails when a file includes another folder that its layer does not allow (docs/architecture.md), and when a
thing that must be seen in one place only (a library, the clock, chance, the name resolver) is seen elsewhere.

    tools/check_layers.py [ROOT]
"""
import pathlib
import re
import sys

ALLOWED = {
    "base": set(),
    "crypto": {"base"},
    "storage": {"base"},
    "net": {"base", "crypto"},
    "ca": {"base", "crypto"},
    "crl": {"base", "crypto", "ca", "storage"},
    "acme": {"base", "crypto", "ca", "storage", "net"},
    "core": {"base", "crypto", "storage", "net"},
    "engines": {"base", "crypto", "storage", "net", "ca", "crl", "acme", "core"},
    "auth": {"base", "crypto", "storage", "net", "ca", "crl", "core"},
    "api": {"base", "crypto", "core"},
}
ALLOWED["cli"] = set(ALLOWED) | {"cli"}
# What only some files may see: pattern, files (prefixes) that may, why.
PRIVATE = [
    (r"#include [<\"](pqxx|libpq-fe)", ("storage/postgres",), "libpqxx lives in storage/postgres.cpp"),
    (r"#include [<\"](sqlite3|SQLiteCpp)", ("storage/sqlite",), "SQLite lives in storage/sqlite.cpp"),
    (r"#include <spdlog", ("base/log.cpp",), "spdlog lives in base/log.cpp"),
    (r"#include <boost/(beast|asio)", ("api/", "net/", "cli/"), "Beast and Asio live in api/ and net/"),
    (r"system_clock::now|steady_clock::now", ("base/clock.cpp", "cli/", "api/", "storage/"), "time is an argument (base/clock.hpp)"),
    (r"\bRAND_bytes\b|\bstd::random_device\b", ("crypto/random.cpp",), "chance is an argument (base/random.hpp)"),
    (r"\bgetaddrinfo\b", ("net/", "cli/"), "the resolver is an argument"),
]


def main() -> int:
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
    problems = []
    for folder, allowed in ALLOWED.items():
        for file in sorted((root / folder).rglob("*.[ch]pp")):
            name = file.relative_to(root).as_posix()
            module = name.split("/")[1] if folder in ("engines", "auth") and name.count("/") > 1 else None
            text = file.read_text()
            if not text.startswith("// SPDX-License-Identifier: Apache-2.0"):
                problems.append(f"{name}:1: no SPDX line on top")
            for number, line in enumerate(text.splitlines(), 1):
                included = re.match(r'#include "([\w/.]+)"', line)
                if included:
                    target = included.group(1).split("/")
                    if target[0] != folder and target[0] not in allowed:
                        problems.append(f"{name}:{number}: {folder}/ may not include {target[0]}/")
                    elif target[0] == folder and module and len(target) > 2 and target[1] != module:
                        problems.append(f"{name}:{number}: modules never include one another ({module} -> {target[1]})")
                for pattern, where, why in PRIVATE:
                    if re.search(pattern, line.split("//")[0]) and not name.startswith(where):
                        problems.append(f"{name}:{number}: {why}")
    print("\n".join(problems) if problems else "layers: every include points down")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
