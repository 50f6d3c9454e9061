import os
import subprocess
import sys

from cdctl.api import Plugin

print("from print")
os.write(1, b"from a descriptor\n")
subprocess.run([sys.executable, "-c", "print('from a child')"], check=True)


class Report:
    suffix = ".txt"

    def render(self, report):
        return "text"


PLUGIN = Plugin(api=1, room="reports", name="prints", version="1.0.0", summary="a twin", make=Report)
