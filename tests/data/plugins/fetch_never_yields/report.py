from cdctl.api import Plugin


class Source:
    identity = "twin"

    def __init__(self, settings):
        self.settings = settings

    def fingerprint(self, indicator, group_by):
        return repr((indicator, group_by))

    async def fetch(self, requests):
        return []

    async def aclose(self):
        pass


PLUGIN = Plugin(api=1, room="sources", name="fetch-never-yields", version="1.0.0", summary="a twin", make=Source)
