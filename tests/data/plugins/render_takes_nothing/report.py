from cdctl.api import Plugin


class Report:
    suffix = ".txt"

    def render(self):
        return "text"


PLUGIN = Plugin(api=1, room="reports", name="render-takes-nothing", version="1.0.0", summary="a twin", make=Report)
