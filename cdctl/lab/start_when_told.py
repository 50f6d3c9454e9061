"""Become another program as soon as the parent says so, or end with it before that.

Run as a script: `python -I -S start_when_told.py DESCRIPTOR PROGRAM ARGUMENT...`. The descriptor is a pipe from the
parent, which writes a byte into it when it has noted down who we are: a server that is to outlive its parent is never
one that nobody knows of.
"""

from __future__ import annotations

import os
import sys


def main(argv: list[str]) -> None:
    """Never returns when the program can be run."""
    descriptor, program, *arguments = argv
    told = os.read(int(descriptor), 1)
    os.close(int(descriptor))
    if told:
        os.execv(program, [program, *arguments])  # noqa: S606 - becomes the server that the lab names


if __name__ == "__main__":
    main(sys.argv[1:])
