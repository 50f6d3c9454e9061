from cdctl.api import Plugin


class Report:
    def render(self, report):
        return "text"


PLUGIN = Plugin(api=1, room="reports", name="no-suffix", version="1.0.0", summary="a twin", make=Report)
