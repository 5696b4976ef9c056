#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Refuses what g++ 12.2 compiles wrongly: a lambda or a braced temporary inside a co_await expression, TRY in a
coroutine, and TRY inside braces or nested in another expression (docs/adr/0002-errors.md).

    tools/check_awaits.py [ROOT]
"""
import pathlib
import re
import sys

FOLDERS = "base crypto storage net ca crl acme core engines auth api cli".split()


def statement_from(text: str, start: int) -> str:
    """The text from start to the ';' that ends it, at parenthesis depth 0."""
    depth = 0
    for at in range(start, len(text)):
        if text[at] in "({[":
            depth += 1
        elif text[at] in ")}]":
            depth -= 1
            if depth < 0:
                return text[start:at]
        elif text[at] == ";" and depth == 0:
            return text[start:at]
    return text[start:]


def main() -> int:
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parent.parent)
    problems = []
    for folder in FOLDERS:
        for file in sorted((root / folder).rglob("*.[ch]pp")):
            name = file.relative_to(root).as_posix()
            text = re.sub(r'"(\\.|[^"\\])*"', '""', re.sub(r"//[^\n]*", "", file.read_text()))
            for found in re.finditer(r"\bco_await\b", text):
                expression = statement_from(text, found.end())
                if re.search(r"[{]|\[[^\]]*\]\s*[({]", expression):
                    line = text.count("\n", 0, found.start()) + 1
                    problems.append(f"{name}:{line}: only named objects inside a co_await expression")
            if name == "base/result.hpp":
                continue
            for found in re.finditer(r"\bTRY\(", text):
                begin = max(text.rfind(mark, 0, found.start()) for mark in ";{}") + 1
                before = text[begin:found.end()]
                line = text.count("\n", 0, found.start()) + 1
                depth = before.count("(") - before.count(")")
                if depth > 1 and not re.search(r"(if|for|while)\s*\(.*\)\s*[^()]*TRY\($", before, re.S):
                    problems.append(f"{name}:{line}: TRY stands alone or is a variable's whole initialiser")
    print("\n".join(problems) if problems else "awaits: none that this compiler gets wrong")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
