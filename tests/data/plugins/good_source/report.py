from cdctl.api import Plugin, SourceFailure


class Source:
    identity = "twin"

    def __init__(self, settings):
        self.settings = settings

    def fingerprint(self, indicator, group_by):
        return repr((indicator, group_by))

    async def fetch(self, requests):
        for request in requests:
            yield SourceFailure(request.key, "a twin knows nothing")

    async def aclose(self):
        pass


PLUGIN = Plugin(api=1, room="sources", name="good-source", version="1.0.0", summary="a twin", make=Source)
