"""The dialog of commands over a fleet in memory: keys, trust and policy are real, and no broker is there.

play(tmp_path, story)   # async def story(pilot, look): ...
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable
from pathlib import Path

from commanding import ADA, BEA, OTHERS, VIC
from ordering import answering
from screens import Look, vin
from textual.pilot import Pilot
from textual.widgets import ContentSwitcher, Static
from waiting import pauses

from cdctl.application import wiring
from cdctl.application.top.choosing import Meant
from cdctl.application.top.hands import Hands
from cdctl.application.top.sending_wiring import hands_of
from cdctl.domain.boards.ordering import SentSight
from cdctl.domain.orders.plan import Target
from cdctl.lab.vehicles.keys import trust_toml, vehicles_csv
from cdctl.security import key_files
from cdctl.security.ed25519 import PrivateKey
from cdctl.tui.app import Top
from cdctl.tui.form_words import Wanted
from cdctl.tui.send_form import SendForm

KEYS = {"engineer": ADA, "second": BEA, "viewer": VIC}


def settings_file(folder: Path, by: str = "engineer", known: int = 200) -> Path:
    """A context of three regions whose brokers do not answer. known: vehicles whose keys are trusted."""
    for name, seed in KEYS.items():
        key_files.write(folder / f"{name}.pem", PrivateKey(seed))
    (folder / "vehicles.csv").write_text(vehicles_csv(5, [vin(number) for number in range(known)]))
    (folder / "trust.toml").write_text(trust_toml(dict(OTHERS), "vehicles.csv"))
    brokers = ", ".join(f'{region} = {{ url = "mqtt://127.0.0.1:1" }}' for region in ("eu", "us", "cn"))
    path = folder / "cdctl.toml"
    path.write_text(
        f'default_context = "test"\n[contexts.test]\nbrokers = {{ {brokers} }}\n'
        f'signing_key = {{ file = "{folder / f"{by}.pem"}" }}\ntrust = "{folder / "trust.toml"}"\n'
        f'[paths]\ncache = "{folder}"\njournal = "{folder / "journal.db"}"\n'
    )
    return path


class Form:
    """A dialog on the screen."""

    def __init__(self, pilot: Pilot[None], look: Look, hands: Hands) -> None:
        self.pilot, self.look, self.hands = pilot, look, hands

    @property
    def open(self) -> bool:
        return isinstance(self.pilot.app.screen, SendForm)

    @property
    def text(self) -> str:
        """All that is on the screen."""
        lines = self.pilot.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in lines)

    @property
    def words(self) -> str:
        """What the dialog says, on one line."""
        inside = [line[line.index("│") : line.rindex("│")] for line in self.text.splitlines() if line.count("│") > 1]
        return " ".join(re.sub("[│─▌▐]", " ", " ".join(inside)).split())

    @property
    def face(self) -> str:
        return str(self.pilot.app.screen.query_one(ContentSwitcher).current)

    @property
    def policy(self) -> str:
        return str(self.pilot.app.screen.query_one("#policy", Static).content)

    async def until(self, holds: Callable[[], object], seconds: float = 20.0) -> None:
        loop = asyncio.get_running_loop()
        end, pause = loop.time() + seconds, pauses()
        while not holds():
            assert loop.time() < end, self.text
            await self.pilot.pause(next(pause))

    async def shows(self, *texts: str) -> None:
        await self.until(lambda: all(text in self.words for text in texts))

    async def write(self, text: str) -> None:
        names = {" ": "space", ".": "full_stop", "-": "minus"}
        await self.pilot.press(*[names.get(char, char) for char in text])

    @property
    def said(self) -> str:
        return "\n".join(note.text for note in self.look.lookout.snapshot().notes)


Story = Callable[[Form], Awaitable[None]]


def play(
    folder: Path,
    story: Story,
    *,
    vins: tuple[str, ...] = (),
    where: str = "",
    command: str = "",
    texts: dict[str, str] | None = None,
    targets: tuple[Target, ...] = (),
    by: str = "engineer",
    size: tuple[int, int] = (80, 24),
    theme: str = "terminal",
    known: int = 200,
    count: int = 200,
) -> None:
    """Prepare a command to these vehicles until the story is told."""
    settings = wiring.read_settings(config=str(settings_file(folder, by, known)))
    look = Look(count, "orders", answering=answering(SentSight()))
    wanted = Wanted(Meant(vins or (() if where else (vin(0),)), where, targets), command, texts or {})

    async def run() -> None:
        hands = hands_of(settings, look.lookout, look.fleet, look.view.say, plugins=False)
        app = Top(look.view, look.boards.changed, theme, hands)
        async with app.run_test(size=size) as pilot:
            await app.push_screen(SendForm(hands, wanted, look.view.say))
            form = Form(pilot, look, hands)
            await form.until(lambda: (form.open and form.face != "wait") or "Esc goes back" in form.text)
            await story(form)
        await hands.flights.aclose()
        await look.lookout.settle()

    with contextlib.chdir(folder):
        asyncio.run(run())


def steady(text: str) -> str:
    """Without what is another one every time: names, digests, moments."""
    text = re.sub(r"[0-9a-f]{16,64}", lambda found: "f" * len(found[0]), text)
    text = re.sub(r"terminal-\d+", "terminal-0", text)
    return re.sub(r"\b1[78]\d{11}\b", "1800000000000", text)
