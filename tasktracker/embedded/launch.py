"""Becomes another program that ends with its parent and, under root, runs as an ordinary user.

    python -I -S launch.py PARENT_PID DEATH_SIGNAL UID GID NEED... -- PROGRAM ARGUMENT...

UID and GID are -1 where nothing changes. A file of its own, run by path, because what it does must happen between
fork and exec, and Python may not run there. Linux only: elsewhere the parent clears up at the next start instead.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG, PR_SET_KEEPCAPS, PR_SET_SECUREBITS, PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE = 1, 8, 28, 47, 2
SECBIT_NO_SETUID_FIXUP = 4
CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_SETPCAP = 1, 2, 8
_CAPABILITY_VERSION_3 = 0x20080522


def main(arguments: list[str]) -> None:
    """Parse, change the user, bind to the parent, exec."""
    split = arguments.index("--")
    parent, signal_number, uid, gid = (int(word) for word in arguments[:4])
    needs, program = arguments[4:split], arguments[split + 1 :]
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    if uid >= 0:
        _become(libc, uid, gid, needs)
    if libc is not None:
        # After the change of user: that clears the death signal.
        libc.prctl(PR_SET_PDEATHSIG, signal_number, 0, 0, 0)
        if os.getppid() != parent:  # it died before the line above
            sys.exit(1)
    os.execv(program[0], program)  # noqa: S606 (a fixed program with a list of arguments)


def _become(libc: ctypes.CDLL | None, uid: int, gid: int, needs: list[str]) -> None:
    if libc is not None:
        libc.prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0)
    try:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    except PermissionError:
        sys.exit(f"this root cannot become user {uid} (a container without capabilities?): start as an ordinary user")
    # A clone below /root or a mode 700 folder cannot be entered by an ordinary user. Rather than open the folder to
    # everybody, this one process keeps root's right to read; failing that, its right to pass any permission.
    if _reaches(needs):
        return
    if libc is not None:
        for capability in (CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE):
            if _keep(libc, capability) and _reaches(needs):
                return
    sys.exit(f"user {uid} cannot reach {needs[0]}: start as an ordinary user, or use a folder open to all")


def _reaches(paths: list[str]) -> bool:
    return all(os.access(path, os.R_OK | os.X_OK) for path in paths)


def _keep(libc: ctypes.CDLL, capability: int) -> bool:
    """Keep one capability over the exec; false where root itself does not have it (a container may take it away)."""
    if not _set_capabilities(libc, 1 << capability | 1 << CAP_SETPCAP):
        return False
    # access(2), with which initdb looks for its neighbour postgres, forgets the capabilities of users without this.
    libc.prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP, 0, 0, 0)
    if libc.prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0:
        return False
    # Nothing but the one, for good. CAP_SETPCAP stays permitted, so that a second try can follow; exec drops it.
    return _set_capabilities(libc, 1 << capability, permitted=1 << capability | 1 << CAP_SETPCAP)


def _set_capabilities(libc: ctypes.CDLL, effective: int, permitted: int | None = None) -> bool:
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    data = (ctypes.c_uint32 * 6)()
    data[0], data[1], data[2] = effective, effective if permitted is None else permitted, effective
    return bool(libc.capset(header, data) == 0)


if __name__ == "__main__":
    main(sys.argv[1:])
