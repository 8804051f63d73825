"""What can keep the engines from running, each as one line for a person."""

import errno


class EngineError(RuntimeError):
    """The engines cannot run; the message is one line that says what is wrong and what to do."""


class AlreadyRunning(EngineError):
    """Another process holds the data directory."""


def from_os_error(error: OSError, doing: str) -> EngineError:
    """A full disk, a folder that is not ours and the like, as a sentence."""
    match error.errno:
        case errno.ENOSPC | errno.EDQUOT:
            hint = "the disk is full; free some space, or set DATA_DIR to a folder on another disk"
        case errno.EACCES | errno.EPERM:
            hint = "no permission; it may belong to another user (was it started as root before?)"
        case errno.EROFS:
            hint = "the file system is read-only; set DATA_DIR to a folder that can be written"
        case _:
            hint = error.strerror or str(error)
    where = f" ({error.filename})" if error.filename else ""
    return EngineError(f"Cannot {doing}{where}: {hint}.")
