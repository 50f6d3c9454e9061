from cdctl.api import Plugin


class Report:
    suffix = ".txt"

    async def render(self, report):
        return "text"


PLUGIN = Plugin(api=1, room="reports", name="render-is-async", version="1.0.0", summary="a twin", make=Report)
