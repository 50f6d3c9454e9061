from cdctl.api import Plugin, SourceFailure


class Source:
    identity = "twin"

    def __init__(self, settings):
        self.settings = settings

    async def fetch(self, requests):
        for request in requests:
            yield SourceFailure(request.key, "a twin knows nothing")

    async def aclose(self):
        pass


PLUGIN = Plugin(api=1, room="sources", name="no-fingerprint", version="1.0.0", summary="a twin", make=Source)
