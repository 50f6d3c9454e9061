import surely_not_installed
from cdctl.api import Plugin


class Report:
    suffix = ".txt"

    def render(self, report):
        return "text"


PLUGIN = Plugin(api=1, room="reports", name="missing-import", version="1.0.0", summary="a twin", make=Report)

surely_not_installed.use()
