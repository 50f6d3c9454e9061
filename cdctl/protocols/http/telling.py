"""How orders to an API are written down: signed like any other, although the API is not told so."""

from __future__ import annotations

from cdctl.domain.fleet.speech import Promises
from cdctl.domain.orders.api import ApiProfile
from cdctl.protocols.native_orders import NativeTelling


class ApiTelling(NativeTelling):
    """The native payloads, of orders that go to the address of an API."""

    def __init__(self, root: str, url: str, profile: ApiProfile) -> None:
        super().__init__(root)
        self._url, self._submit = url, profile.submit
        self.promises = Promises(dedupe=bool(profile.dedupe[0]), cancel=profile.cancel is not None)

    def order_topic(self, region: str, vin: str) -> str:
        """Where an order goes."""
        path = self._submit.url.replace("{vin}", vin).replace("{region}", region)
        return f"{self._submit.method} {self._url}{path}"
