"""The options of `cdctl diag`, beside those that it shares with `cdctl cmd`."""

from __future__ import annotations

from typing import Annotated

import typer

from cdctl.cli import completion

Vins = Annotated[
    list[str] | None,
    typer.Argument(metavar="[VIN...]", help="Vehicles; or choose them by --where.", show_default=False),
]
Vin = Annotated[str, typer.Argument(metavar="VIN", help="The whole VIN; its beginning or end finds it.")]
Count = Annotated[int, typer.Option(metavar="N", min=1, max=1000, help="Pings to each vehicle, one after the other.")]
Interval = Annotated[str, typer.Option(metavar="DURATION", help="Between two pings to a vehicle.")]
Since = Annotated[str, typer.Option(metavar="DURATION", help="How far back what happened is told.")]
Out = Annotated[str, typer.Option(metavar="FILE", help="Write the bundle into it, as JSON; VINs are masked.")]
Region = Annotated[
    str,
    typer.Option(
        metavar="NAME", help="Where the named vehicles are; else the fleet is asked.", autocompletion=completion.regions
    ),
]
Listen = Annotated[str, typer.Option("--for", metavar="DURATION", help="Listen to it so long first, such as 30s.")]
