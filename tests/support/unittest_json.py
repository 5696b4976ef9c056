#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs one unittest script; what it prints goes to standard error, last line of standard output:
{"passed": n, "failed": n, "skipped": [reason, ...]}."""
import importlib.util
import json
import pathlib
import sys
import unittest

path = pathlib.Path(sys.argv[1]).resolve()
sys.path[:0] = [str(path.parent), str(path.parent.parent / "integration")]
spec = importlib.util.spec_from_file_location(path.stem, path)
module = importlib.util.module_from_spec(spec)
sys.modules[path.stem] = module
out, sys.stdout = sys.stdout, sys.stderr
spec.loader.exec_module(module)
result = unittest.TextTestRunner(stream=sys.stderr, verbosity=1).run(unittest.defaultTestLoader.loadTestsFromModule(module))
bad = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
out.write(json.dumps({"passed": max(result.testsRun - bad - len(result.skipped), 0), "failed": bad, "skipped": sorted({reason for _, reason in result.skipped})}) + "\n")
