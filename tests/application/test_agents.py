"""Orders that an ssh-agent signs: however slow it is, everything else goes on; one that hangs is told of."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from agents import Relay, agent
from dispatching import operating, states
from ears import until
from ordered import Lab, ordered

from cdctl.domain.orders.order import State
from cdctl.errors import UnavailableError
from cdctl.security.ed25519 import written
from cdctl.security.keys import KeySealer, sealer
from cdctl.security.ssh_agent import AgentKey, Patience


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AgentKey]:
    with agent(tmp_path_factory.mktemp("agent")) as key:
        yield key


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory, kept: AgentKey) -> Iterator[Lab]:
    others = {"bea": (written(kept.public), ("engineer",))}
    with ordered(tmp_path_factory.mktemp("lab"), vehicles=20, others=others) as made:
        yield made


def asks(kept: AgentKey, path: Path, seconds: float = 30.0) -> KeySealer:
    return sealer(replace(kept, path=str(path), patience=Patience(seconds)), "bea", ("engineer",))


def test_while_an_agent_thinks_everything_else_goes_on(lab: Lab, kept: AgentKey, tmp_path: Path) -> None:
    """The relay runs on the same loop as the dispatch: an agent that is waited for on it would never answer."""
    vins = [vin for _, vin in lab.online][:10]

    async def work() -> None:
        async with (
            Relay(Path(kept.path), tmp_path / "slow") as relay,
            operating(lab, tmp_path / "house", by=asks(kept, relay.path)) as here,
        ):
            relay.hold()
            sending = asyncio.create_task(here.dispatch.send(here.plan("ping", vins), here.command("ping")))
            await until(lambda: relay.asked)
            assert not sending.done()
            relay.release()
            assert states(await sending) == dict.fromkeys(vins, State.SUCCEEDED)
            assert relay.asked >= len(vins)

    asyncio.run(work())


def test_an_agent_that_hangs_ends_the_sending_with_what_to_do(lab: Lab, kept: AgentKey, tmp_path: Path) -> None:
    vins = [vin for _, vin in lab.online][:3]

    async def work() -> None:
        async with Relay(Path(kept.path), tmp_path / "hung") as relay:
            relay.hold()
            async with operating(lab, tmp_path / "house", by=asks(kept, relay.path, 0.5)) as here:
                with pytest.raises(UnavailableError, match=r"does not answer within 0\.5 s") as error:
                    await here.dispatch.send(here.plan("ping", vins), here.command("ping"))
                assert error.value.subject == str(relay.path)
                assert "a key in a file or keyring needs no agent" in error.value.hint
                assert list(here.journal.orders()) == []

    asyncio.run(work())


def test_an_agent_that_hung_is_not_waited_for_again_at_once(kept: AgentKey, tmp_path: Path) -> None:
    async def work() -> None:
        async with Relay(Path(kept.path), tmp_path / "hung") as relay:
            relay.hold()
            key = replace(kept, path=str(relay.path), patience=Patience(0.5))
            for _ in range(2):
                with pytest.raises(UnavailableError, match="does not answer"):
                    await key.sign_all([b"x"])
            assert relay.asked == 1

    asyncio.run(work())


def test_an_agent_that_is_gone_is_told_of(kept: AgentKey, tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match="cannot be asked: No such file"):
        asyncio.run(replace(kept, path=str(tmp_path / "nobody")).sign_all([b"x"]))
