"""`cdctl fleet` and `broker` on a real terminal: nothing that a vehicle sends acts on it; Ctrl-C ends in words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from brokers import Mosquitto
from terminal import Terminal, foreign

# The clipboard, the title, the bell, the whole screen, the cursor, C1, text that turns round or is not seen.
HOSTILE = "\x1b]52;c;aGk=\x07\x1b]0;t\x07\a\x1b[2J\x1b[H\x9b2J\u202eevil\u2066\u200b\r[/x]"
VIN = "WBA00000000000001"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Settings of a broker on which every field that a vehicle can fill is hostile."""
    folder = tmp_path_factory.mktemp("hostile")
    with Mosquitto(folder) as broker:
        client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2)
        client.connect("127.0.0.1", broker.port)
        client.loop_start()
        born = {
            "v": 1,
            "ts": 1,
            "seq": 1,
            "online": True,
            "model": HOSTILE,
            "sw": f"23{HOSTILE}",
            "dtcs": [HOSTILE[:9]],
        }
        odd = "WBA\u202e\u20660000000000"
        kept = [
            (f"cd/eu/{VIN}/birth", json.dumps(born)),
            (f"cd/eu/{odd}/birth", json.dumps({**born, "dtcs": []})),
            (f"cd/eu/{odd}/tele", HOSTILE),
        ]
        for topic, body in kept:
            client.publish(topic, body.encode(), 1, retain=True).wait_for_publish(10)
        (folder / "cdctl.toml").write_text(f'[contexts.x]\nbrokers = {{ eu = {{ url = "{broker.url}" }} }}\n')
        event = {"v": 1, "ts": 1, "kind": HOSTILE, "dtcs": [HOSTILE[:9]], "sw": HOSTILE, "detail": HOSTILE}
        will = json.dumps({**born, "online": False})
        plain = json.dumps({"v": 1, "ts": 1, "kind": "dtc.set", "dtcs": ["P0A9B-17"]})
        bodies = [
            ("event", plain),
            ("event", json.dumps(event)),
            ("birth", will),
            ("event", json.dumps({**event, "detail": ""})),
        ]
        stream = Streaming(client, [(f"cd/eu/{vin}/{kind}", body) for vin in (VIN, odd) for kind, body in bodies])
        yield folder
        stream.stop()
        client.disconnect()
        client.loop_stop()


class Streaming:
    """Says it all again and again."""

    def __init__(self, client: mqtt.Client, said: list[tuple[str, str]]) -> None:
        import threading

        self._stop = threading.Event()

        def stream() -> None:
            while not self._stop.wait(0.1):
                for topic, body in said:
                    client.publish(topic, body.encode(), 1)

        self._thread = threading.Thread(target=stream)
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


@pytest.mark.parametrize(
    ("args", "shown"),
    [
        (["fleet", "ls", "-o", "wide", "--for", "1s"], r"\x1b]52;c;aGk=\x07"),
        (["fleet", "ls", "-o", "json", "--for", "1s"], r"\u001b]52;c;aGk=\u0007"),
        (["fleet", "ls", "-o", "csv"], r"\x1b]52;c;aGk=\x07"),
        (["fleet", "stats", "--by", "model,sw"], r"\x1b]"),
        (["fleet", "show", VIN, "--for", "1s"], r"\x1b]52;c;aGk=\x07"),
        (["fleet", "show", "WBA\u202e\x1b[2J"], r"WBA\u202e\x1b[2J"),
        (["fleet", "watch", "--for", "2s"], r"\x1b]52;c;aGk=\x07"),
        (["fleet", "watch", "--for", "2s", "-o", "jsonl"], r"\u001b]52;c;aGk=\u0007"),
        (["fleet", "watch", "--for", "2s", "-o", "csv"], r"\x1b]52;c;aGk=\x07"),
        (["broker", "top", "--for", "2s", "--by", "2,3,4", "-o", "wide"], r"WBA\u202e\u2066"),
    ],
)
def test_nothing_that_a_vehicle_sends_acts(hostile, args, shown):
    terminal = Terminal(*args, folder=hostile, width=240)
    terminal.end()
    assert foreign(terminal.written) == set()
    assert shown.encode() in terminal.written, terminal.written.decode()


def test_what_acts_is_found():
    assert foreign(b"\x1b[32mfine\x1b[0m\r\n") == set()
    for char in ("\x1b]52;c;aGk=\x07", "\x1b[2J", "\x07", "\x9b2J", "\u202e", "\u200b"):
        assert foreign(f"a {char} b".encode())


def test_ctrl_c_ends_a_watch_with_words(hostile):
    terminal = Terminal("fleet", "watch", folder=hostile)
    assert terminal.until("VIN")
    terminal.press(b"\x03")
    code = terminal.end()
    text = terminal.written.decode()
    assert code == 130
    assert "\r\ninterrupted while watching, " in text
    assert "nothing was changed: run it again to go on from now" in text
    assert "Traceback" not in text


@pytest.mark.parametrize("flag", [None, "--no-color"])
def test_kinds_have_colours_for_who_wants_them(hostile, flag):
    terminal = Terminal("fleet", "watch", "--for", "2s", *([flag] if flag else []), folder=hostile)
    assert terminal.end() == 0
    assert (b"\x1b[31m" in terminal.written) == (flag is None), "a new trouble code is red"


@pytest.mark.parametrize("width", [60])
def test_a_watch_fits_its_terminal(hostile, width):
    terminal = Terminal("fleet", "watch", "--for", "2s", "--no-color", folder=hostile, width=width)
    terminal.end()
    lines = [line for line in terminal.written.decode().splitlines() if VIN in line]
    assert lines
    assert max(map(len, lines)) <= width
