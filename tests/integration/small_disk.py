# SPDX-License-Identifier: Apache-2.0
"""A disk of a few megabytes (tmpfs) that a test can fill and empty.

    def setUpModule(): small_disk.enter()      # before any thread
    with SmallDisk("8m") as disk: disk.fill(); disk.empty()

The mounts are seen by this process and its children alone, and go with them. Root may mount; others get a user namespace where the
kernel allows it. Where neither works the tests are skipped, and say so.
"""
import ctypes
import os
import shutil
import sys
import tempfile
import unittest

_LIBC = ctypes.CDLL(None, use_errno=True)
_NEW_USER, _NEW_MOUNTS = 0x10000000, 0x00020000
_PRIVATE_BELOW = 0x40000 | 0x4000
_NO_SUID_NO_DEVICES = 2 | 4
_DETACH = 2


def _call(function, *arguments):
    if function(*arguments) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def enter():
    user, group = os.geteuid(), os.getegid()
    try:
        _call(_LIBC.unshare, _NEW_MOUNTS | (_NEW_USER if user else 0))
        if user:
            for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
                with open("/proc/self/" + name, "w") as file:
                    file.write(text)
        _call(_LIBC.mount, b"none", b"/", None, ctypes.c_ulong(_PRIVATE_BELOW), None)
    except OSError as problem:
        print(f"NOT TESTED: no small disk can be mounted here, neither as root nor in a user namespace ({problem})", file=sys.stderr)
        raise unittest.SkipTest(f"no small disk can be mounted: {problem}") from problem


class SmallDisk:
    def __init__(self, size):
        self.size = size

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="signet-disk.")
        os.chmod(self.folder, 0o755)  # PostgreSQL's user passes through it
        _call(_LIBC.mount, b"tmpfs", self.folder.encode(), b"tmpfs", ctypes.c_ulong(_NO_SUID_NO_DEVICES), f"size={self.size},mode=755".encode())
        self._ballast = os.path.join(self.folder, "ballast")
        return self

    def __exit__(self, *_):
        _LIBC.umount2(self.folder.encode(), _DETACH)
        shutil.rmtree(self.folder, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.folder, name)

    def fill(self):
        """Until not even one more page fits."""
        with open(self._ballast, "ab", buffering=0) as file:
            for size in (1 << 20, 1 << 12, 1):
                try:
                    while file.write(bytes(size)) == size:
                        pass
                except OSError:
                    continue

    def empty(self):
        os.unlink(self._ballast)
