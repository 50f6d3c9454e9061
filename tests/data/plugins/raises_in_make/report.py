from cdctl.api import Plugin


class Report:
    suffix = ".txt"

    def __init__(self):
        self.limit = {}["limit"]

    def render(self, report):
        return "text"


PLUGIN = Plugin(api=1, room="reports", name="raises-in-make", version="1.0.0", summary="a twin", make=Report)
