"""What a systemd unit forbids its process, without systemd: `python confined.py infloo-web.service COMMAND…`

System calls by its SystemCallFilter, memory that is written and run by its MemoryDenyWriteExecute, and its UMask.
"""

import ctypes
import errno
import os
import re
import subprocess
import sys
from pathlib import Path

UNITS = Path(__file__).resolve().parent.parent.parent / "deploy/systemd"
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
NO_NEW_PRIVILEGES, DENY_WRITE_EXECUTE = 38, 65


def lines_of(unit: str, name: str) -> list[str]:
    return re.findall(rf"^{name}=(.*)$", (UNITS / unit).read_text(), re.MULTILINE)


def members(name: str) -> set[str]:
    """The system calls of one of systemd's sets, those of the sets in it included."""
    if not name.startswith("@"):
        return {name}
    said = subprocess.run(["systemd-analyze", "syscall-filter", name], capture_output=True, text=True, check=True)
    lines = [line.strip() for line in said.stdout.splitlines()[1:]]
    return set().union(*(members(line) for line in lines if line and not line.startswith("#")))


def allowed_calls(unit: str) -> set[str]:
    allowed: set[str] = set()
    for line in lines_of(unit, "SystemCallFilter"):
        named = set().union(*(members(name) for name in line.removeprefix("~").split()))
        allowed = allowed - named if line.startswith("~") else allowed | named
    return allowed


def confine(unit: str) -> None:
    """This process, and all that come of it."""
    calls, c, seccomp = allowed_calls(unit), ctypes.CDLL(None), ctypes.CDLL("libseccomp.so.2")
    os.umask(int(lines_of(unit, "UMask")[0], 8))
    c.prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    if lines_of(unit, "MemoryDenyWriteExecute") == ["yes"]:
        c.prctl(DENY_WRITE_EXECUTE, 1, 0, 0, 0)  # from Linux 6.3 on
    seccomp.seccomp_init.restype = ctypes.c_void_p
    rules = ctypes.c_void_p(seccomp.seccomp_init(REFUSE))
    for name in calls:
        number = seccomp.seccomp_syscall_resolve_name(name.encode())
        if number >= 0:  # this machine has it
            seccomp.seccomp_rule_add(rules, ALLOW, number, 0)
    if seccomp.seccomp_load(rules) != 0:
        raise OSError("the filter was not loaded")


if __name__ == "__main__":
    confine(sys.argv[1])
    os.execvp(sys.argv[2], sys.argv[2:])
