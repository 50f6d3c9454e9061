import words
from cdctl.api import Plugin


class Report:
    suffix = ".txt"

    def render(self, report):
        return "text"


PLUGIN = Plugin(api=1, room="reports", name="sibling-as-installed", version="1.0.0", summary="a twin", make=Report)

words.greet()
