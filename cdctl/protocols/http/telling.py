"""How orders to an API are written down, signed like any other although the API is not told so; and what it is told."""

from __future__ import annotations

from collections.abc import Mapping

from cdctl.domain.fleet.speech import Promises
from cdctl.domain.orders.api import ApiProfile
from cdctl.domain.orders.order import Order
from cdctl.protocols.http.templates import Filling, submit_headers, submit_of
from cdctl.protocols.native_orders import NativeTelling


class ApiTelling(NativeTelling):
    """The native payloads, of orders that go to the address of an API. callback: where the API calls us, empty where it
    does not."""

    def __init__(self, root: str, url: str, profile: ApiProfile, callback: str = "") -> None:
        super().__init__(root)
        self._url, self._profile, self._callback = url.rstrip("/"), profile, callback
        self.promises = Promises(dedupe=bool(profile.dedupe[0]), cancel=profile.cancel is not None)

    def order_topic(self, region: str, vin: str) -> str:
        """Where an order goes."""
        submit = self._profile.submit
        path = submit.url.replace("{vin}", vin).replace("{region}", region)
        return f"{submit.method} {self._url}{path}"

    def preview(self, order: Order) -> tuple[str, Mapping[str, object]]:
        """See `Previewing`: method and address; body, and headers that are this order's. Who we are is left out."""
        profile = self._profile
        call = submit_of(profile, order.command)
        filling = Filling(order, profile.commands.get(order.command), order.created, callback=self._callback)
        try:
            url = filling.url(call.url)
        except ValueError as error:
            url = f"{call.url} ({error})"
        told: dict[str, object] = {}
        if headers := submit_headers(profile, filling, self._callback):
            told["headers"] = headers
        if (body := filling.json(call.body)) is not None:
            told["body"] = body
        return f"{call.method} {self._url}{url}", told
