from cdctl.api import Plugin


class Report:
    suffix = ".txt"

    def render(self, report):
        return "text"


def make(settings):
    return Report()


PLUGIN = Plugin(api=1, room="reports", name="make-takes-settings", version="1.0.0", summary="a twin", make=make)
