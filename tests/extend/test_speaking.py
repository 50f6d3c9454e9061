"""A protocol of a stranger: let in through the real loader, and kept from taking ingest down."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from cdctl.domain.fleet.batch import Batch, Event, Presence, Standing
from cdctl.domain.fleet.columns import Columns, Layout
from cdctl.domain.fleet.speech import Promises, Speech
from cdctl.domain.ports import Plugin
from cdctl.domain.wire import Filter, Message
from cdctl.errors import PluginError, UsageError
from cdctl.extend import speaking, vetting
from cdctl.extend.catalogue import Catalogue
from cdctl.extend.listing import Declaration, Kind, Listing
from cdctl.testing.speeches import Sent

MANIFEST = """
name = "acme"
version = "1.0.0"
api = 1
summary = "speeds as text"
[[provides]]
room = "protocols"
name = "acme"
object = "speech:PLUGIN"
"""
CODE = """
from cdctl.api import API, Filter, Plugin, Promises, UsageError


class Speech:
    promises = Promises()

    def __init__(self, settings, signals):
        if "wrong" in settings:
            raise UsageError("wrong is not a setting")
        self.signals = list(signals)

    def births(self, region):
        return []

    def stream(self, region, vins=None):
        return [Filter(f"acme/{region}/{vin}/speed") for vin in (["+"] if vins is None else vins)]

    def decode(self, messages, region, batch):
        for message in messages:
            vin = message.topic.split("/")[2]
            print("heard", vin)
            batch.vins.append(vin)
            batch.regions.append("")
            at, values = batch.signals.setdefault(self.signals.index("Vehicle.Speed"), ([], []))
            at.append(len(batch.vins) - 1)
            values.append(float(message.payload))
            batch.ts.append(0)


PLUGIN = Plugin(api=API, room="protocols", name="acme", version="1.0.0", summary="speeds as text", make=Speech)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "acme").mkdir()
    (tmp_path / "acme" / "plugin.toml").write_text(MANIFEST)
    (tmp_path / "acme" / "speech.py").write_text(CODE)
    return tmp_path / "acme"


def test_a_second_protocol_is_one_file_and_its_vehicles_reach_the_columns(folder: Path) -> None:
    signals = ("Vehicle.Other", "Vehicle.Speed")
    speech = Catalogue([folder]).protocol("acme", {"topic_root": "cd"}, signals)
    assert [f.topic for f in speech.stream("eu", ["V1"])] == ["acme/eu/V1/speed"]
    layout = Layout(signals, 64)
    columns, batch = Columns(layout, bytearray(layout.size)), Batch()
    sent = [Sent("acme/eu/V1/speed", b"41"), Sent("acme/eu/V2/speed", b"fast"), Sent("acme", b"1")]
    speech.decode([*sent, Sent("acme/eu/V1/speed", b"42")], "eu", batch)
    columns.apply(batch, 1_000, "eu")
    assert (columns.rows, columns.signals[1][0], columns.presence[0]) == (1, 42.0, Presence.ONLINE)
    assert sorted(batch.malformed.items()) == [
        (f"protocols.acme (folder {folder}) raised IndexError", 1),
        (f"protocols.acme (folder {folder}) raised ValueError", 1),
    ]


def test_it_is_listed_and_described_like_what_ships(folder: Path, cdctl: Callable[..., Any]) -> None:
    settings = folder.parent / "cdctl.toml"
    settings.write_text(f'[paths]\nplugins = ["{folder}"]\n')
    listed = cdctl("--config", settings, "plugin", "ls", "-o", "csv").out
    rows = {tuple(line.split(",")[:2]): line for line in listed.splitlines()}
    assert "ok" in rows["protocols", "acme"]
    assert "ok" in rows["protocols", "mapped"]
    assert "ok" in rows["inventory", "sql"]
    assert "speeds as text" in cdctl("--config", settings, "plugin", "info", "protocols.acme").out
    assert "the profile file" in cdctl("plugin", "info", "mapped").out
    checked = cdctl("--config", settings, "plugin", "check", folder)
    assert "protocols.acme loads" in checked.out


def test_the_settings_that_it_refuses_come_through(folder: Path) -> None:
    with pytest.raises(UsageError, match="wrong is not a setting"):
        Catalogue([folder]).protocol("acme", {"wrong": 1}, ())
    with pytest.raises(PluginError, match="no protocol is called 'acmee'") as caught:
        Catalogue([folder]).protocol("acmee", {}, ())
    assert caught.value.hint.startswith("did you mean 'acme'?")


def test_a_report_needs_no_protocol_and_no_inventory() -> None:
    code = (
        "import sys; from cdctl.extend.catalogue import Catalogue\n"
        "Catalogue().report('json')\n"
        "names = ('cdctl.protocols', 'cdctl.inventory', 'cdctl.extend.speaking', 'cdctl.extend.listed')\n"
        "print([name for name in sys.modules if name.startswith(names)])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


class Twin:
    """Tells a vehicle for `good`, and something that cannot be for any other payload."""

    promises = Promises()
    wrong: Callable[[Batch], object] = staticmethod(lambda batch: None)

    def __init__(self, settings: object, signals: Sequence[str]) -> None:
        pass

    def births(self, region: str) -> Sequence[Filter]:
        return ()

    def stream(self, region: str, vins: Sequence[str] | None = None) -> Sequence[Filter]:
        return ()

    def decode(self, messages: Sequence[Message], region: str, batch: Batch) -> None:
        for message in messages:
            batch.vins.append("V")
            batch.regions.append("")
            batch.ts.append(0)
            kept = batch.signals.setdefault(0, ([], []))
            kept[0].append(len(batch.vins) - 1)
            kept[1].append(1.0)
            if message.payload != b"good":
                self.wrong(batch)


def raising(batch: Batch) -> None:
    batch.malformed["half"] += 1
    batch.signals[5] = ([], [])
    raise RuntimeError("secret of the vehicle")


def guarded(**pieces: Any) -> Speech:
    plugin = Plugin(1, "protocols", "twin", "1", "a test", type("Broken", (Twin,), pieces))
    return speaking.speech(plugin, {}, ["Vehicle.Speed"], "protocols.twin")


STANDING, EVENT = Standing("V", Presence.ONLINE), Event("V", "k")


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (raising, "raised RuntimeError"),
        (lambda b: b.ts.append(0), "told vehicles, regions and times of different number"),
        (lambda b: b.vins.__setitem__(-1, b"V"), "told a vehicle, region or time of the wrong type"),
        (lambda b: b.ts.__setitem__(-1, None), "told a vehicle, region or time of the wrong type"),
        (lambda b: b.standings.append("V"), "told a birth of the wrong type"),
        (lambda b: b.standings.append(Standing("V", 2)), "told a birth of the wrong type"),  # type: ignore[arg-type]
        (lambda b: b.standings.append(Standing("V", Presence.ONLINE, seq="1")), "told a birth of the wrong type"),  # type: ignore[arg-type]
        (lambda b: b.standings.append(Standing("V", Presence.ONLINE, dtcs=["P"])), "told a birth of the wrong type"),  # type: ignore[arg-type]
        (lambda b: b.events.append(Event("V", None)), "told an event of the wrong type"),  # type: ignore[arg-type]
        (lambda b: b.events.append(STANDING), "told an event of the wrong type"),
        (lambda b: b.retained.append(99), "marked a message as kept that is not there"),
        (lambda b: b.signals[0][0].append(99), "told a signal of a message that is not there"),
        (lambda b: b.signals[0][0].__setitem__(-1, -1), "told a signal of a message that is not there"),
        (lambda b: b.signals[0][1].__setitem__(-1, "1"), "told a signal that is no number"),
        (lambda b: b.signals.__setitem__(1, ([], [])), "told a signal that is not kept"),
    ],
)
def test_what_a_bug_tells_is_taken_back_and_counted(wrong: Callable[[Batch], object], reason: str) -> None:
    batch = Batch(
        vins=["before"], regions=["eu"], ts=[7], signals={0: ([0], [3.0])}, standings=[STANDING], events=[EVENT]
    )
    speech = guarded(wrong=staticmethod(wrong))
    speech.decode([Sent("t", payload) for payload in (b"good", b"bad", b"good")], "eu", batch)
    assert batch.malformed == {f"protocols.twin {reason}": 1}
    assert (batch.vins, batch.regions, batch.ts) == (["before", "V", "V"], ["eu", "", ""], [7, 0, 0])
    assert batch.signals == {0: ([0, 1, 2], [3.0, 1.0, 1.0])}
    assert (batch.standings, batch.events, batch.retained) == ([STANDING], [EVENT], [])


def test_reasons_without_end_are_counted_as_one() -> None:
    speech = guarded(wrong=staticmethod(lambda b: b.reject(f"reason {len(b.vins)}", "t")))
    batch = Batch()
    for _ in range(200):
        speech.decode([Sent("t", b"bad")], "eu", batch)
    assert (len(batch.malformed), sum(batch.malformed.values())) == (65, 200)
    assert batch.malformed["another reason"] == 136


def test_filters_that_ask_for_no_topic_are_an_error_of_the_plugin() -> None:
    def broken(self: Twin, region: str, vins: Any = None) -> Any:
        raise KeyError(region)

    for found, said in (
        (lambda self, region, vins=None: ["t/+"], "its stream gave 't/\\+', which asks for no topic"),
        (lambda self, region, vins=None: [Filter("t/a+")], "which asks for no topic"),
        (lambda self, region, vins=None: [Filter("#/t")], "which asks for no topic"),
        (broken, "its stream raised KeyError: 'eu'"),
    ):
        with pytest.raises(PluginError, match=said):
            guarded(stream=found).stream("eu")
    with pytest.raises(PluginError, match="its births raised KeyError"):
        guarded(births=broken).births("eu")


DECLARED = Declaration(Listing("protocols", "twin", Kind.FOLDER, "twin"), "twin:PLUGIN")


@pytest.mark.parametrize(
    ("pieces", "reason"),
    [
        ({"decode": lambda self, messages, region: None}, "cannot be called as decode(messages, region, batch)"),
        ({"stream": lambda self, region, vins: ()}, "cannot be called as stream(region)"),
        ({"stream": lambda self, region: ()}, "cannot be called as stream(region, vins)"),
        ({"births": None}, "its births is a NoneType, not a method"),
        ({"promises": {"presence": True}}, "its promises must be a cdctl.api.Promises"),
    ],
)
def test_another_shape_is_refused(pieces: dict[str, Any], reason: str) -> None:
    made = type("Broken", (Twin,), pieces)
    for make in (made, partial(made)):
        with pytest.raises(PluginError) as caught:
            plugin = vetting.vet(Plugin(1, "protocols", "twin", "1", "a test", make), DECLARED)
            speaking.speech(plugin, {}, (), "protocols.twin")
        assert reason in caught.value.message


def test_a_decode_that_is_a_coroutine_or_a_make_without_signals_is_refused() -> None:
    async def decode(self: Twin, messages: Any, region: str, batch: Batch) -> None: ...

    with pytest.raises(PluginError, match="its decode must fill the batch at once") as caught:
        vetting.vet_made(type("Broken", (Twin,), {"decode": decode})({}, ()), "protocols")
    assert caught.value.hint == "write def decode(self, messages, region, batch)"
    with pytest.raises(PluginError, match=r"cannot be called as make\(settings, signals\)"):
        vetting.vet(Plugin(1, "protocols", "twin", "1", "a test", lambda settings: None), DECLARED)
