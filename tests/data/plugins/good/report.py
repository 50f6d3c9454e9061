from cdctl.api import Plugin

from .words import greet


class Report:
    suffix = ".txt"

    def render(self, report):
        return greet(len(report.rows))


PLUGIN = Plugin(api=1, room="reports", name="good", version="1.0.0", summary="a twin", make=Report)
