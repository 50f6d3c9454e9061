from cdctl.api import Plugin


class Report:
    suffix = ".txt"

    def render(self, report):
        return "text"


PLUGIN = Plugin(api=99, room="reports", name="wrong-api-object", version="1.0.0", summary="a twin", make=Report)
