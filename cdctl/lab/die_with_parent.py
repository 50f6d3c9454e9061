"""Become another program that dies when its parent does, even by kill -9.

Run as a script: `python -I -S die_with_parent.py PARENT_PID PROGRAM ARGUMENT...`. It asks the kernel (prctl(2),
PR_SET_PDEATHSIG, kept across execve) and then becomes PROGRAM. The kernel watches the *thread* that started this
process, so start it from one that lives as long as the server should.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
"""include/uapi/linux/prctl.h"""


def main(argv: list[str]) -> None:
    """Never returns when the program can be run."""
    parent, program, *arguments = argv
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    # A parent that died before the kernel was asked sends no signal any more.
    if os.getppid() == int(parent):
        os.execv(program, [program, *arguments])  # noqa: S606 - becomes the server that the lab names


if __name__ == "__main__":
    main(sys.argv[1:])
