"""Which user the engines run as: the one who started us, or an ordinary one when that is root."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from tasktracker.embedded.errors import EngineError

# PostgreSQL refuses root. `postgres` where a package made it, else the user that exists everywhere.
_CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """`changed` is true where a child must give up root before it runs."""

    uid: int
    gid: int
    changed: bool


def engine_account() -> Account:
    """The account for the engines; EngineError where root has nobody to hand over to."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid(), changed=False)
    for name in _CANDIDATES:
        try:
            found = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(found.pw_uid, found.pw_gid, changed=True)
    raise EngineError(
        "PostgreSQL does not run as root and there is no user 'nobody' to run it as: start this as an ordinary user."
    )


def give(folder: Path, account: Account) -> None:
    """Let `account` own a folder with all in it. Quick when it does already: only the folder itself is looked at."""
    if not account.changed or folder.stat().st_uid == account.uid:
        return
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.lchown(Path(parent) / name, account.uid, account.gid)
    os.chown(folder, account.uid, account.gid)  # last: a run that was cut short starts over
