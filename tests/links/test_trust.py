"""TLS over each carrier, on real brokers: whom we trust, who trusts us, and what is said when not."""

from __future__ import annotations

import asyncio

import pytest
from authority import Authority
from brokers import Mosquitto, Secured
from ears import Ear, until

from cdctl.domain.wire import Address, Filter, Publish
from cdctl.errors import UnavailableError, UsageError
from cdctl.links.opening import open_link


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path, "ours")


async def exchange(url, carrier, topic, **more):
    ear = Ear()
    link = open_link(Address(url, **more), ear, carrier=carrier)
    try:
        await link.connect()
        await link.subscribe([Filter(topic, 1)])
        receipts = await link.publish([Publish(topic, bytes(5000))] * 100)
        assert {receipt.code for receipt in receipts} == {0}
        await until(lambda: len(ear.got) == 100)
    finally:
        await link.aclose()


async def refused(url, carrier, **more):
    """What is said, and the cure."""
    link = open_link(Address(url, connect_timeout=5.0, **more), Ear(), carrier=carrier)
    with pytest.raises(UnavailableError) as caught:
        await link.connect()
    await link.aclose()
    return caught.value.message, caught.value.hint


def test_a_broker_we_trust(tmp_path, authority, carrier, topic, run):
    with Secured(tmp_path / "b", authority) as broker:
        run(exchange(broker.url, carrier, topic, ca=str(authority.ca)))


def test_websockets_over_tls(tmp_path, authority, carrier, topic, run):
    more = f"listener {broker_port()} 127.0.0.1"
    with Secured(tmp_path / "b", authority, "protocol websockets", more) as broker:
        run(exchange(broker.url.replace("mqtts", "wss"), carrier, topic, ca=str(authority.ca)))


def broker_port():
    from cdctl.lab.servers import free_port

    return free_port()


def test_brokers_we_do_not_trust_are_named_with_the_reason(tmp_path, authority, carrier, run):
    stranger = Authority(tmp_path, "stranger")

    async def work(good, other, old):
        ca = str(authority.ca)
        assert "signed by a CA that is not trusted" in (await refused(good, carrier, ca=str(stranger.ca)))[0]
        said, cure = await refused(good, carrier)
        assert "not trusted here" in said and "'ca'" in cure
        assert "for another host name" in (await refused(other, carrier, ca=ca))[0]
        assert "has expired" in (await refused(old, carrier, ca=ca))[0]

    with (
        Secured(tmp_path / "good", authority) as good,
        Secured(tmp_path / "other", authority, name="elsewhere.example") as other,
        Secured(tmp_path / "old", authority, expired=True) as old,
    ):
        run(work(good.url, other.url, old.url))


def test_brokers_that_want_our_certificate(tmp_path, authority, carrier, topic, run):
    cert, key = authority.certificate("us")
    ca = str(authority.ca)

    async def work(url):
        await exchange(url, carrier, topic, ca=ca, cert=str(cert), key=str(key))
        said, cure = await refused(url, carrier, ca=ca)
        assert "does not accept our certificate, or wants one" in said or "certificate, or want one" in said
        assert "'cert' and 'key'" in cure

    with Secured(tmp_path / "b", authority, clients=True) as broker:
        run(work(broker.url))


def test_tls_and_plaintext_are_not_mixed_up(tmp_path, authority, broker, carrier, run):
    async def work(secured):
        said, cure = await refused(broker.url.replace("mqtt", "mqtts"), carrier)
        assert cure and ("TLS" in said or "cut the connection" in said or "no answer" in said)
        said, cure = await refused(secured.replace("mqtts", "mqtt"), carrier)
        assert "cut the connection" in said and "mqtts://" in cure

    with Secured(tmp_path / "b", authority) as secured:
        run(work(secured.url))


@pytest.mark.parametrize("name", ["ca", "cert"])
def test_files_that_cannot_be_used(tmp_path, carrier, name, run):
    junk = tmp_path / "junk.pem"
    junk.write_text("no certificate")

    async def work():
        for path in (junk, tmp_path / "missing.pem"):
            link = open_link(Address("mqtts://127.0.0.1:1", **{name: str(path)}), Ear(), carrier=carrier)
            with pytest.raises(UsageError) as caught:
                await link.connect()
            assert caught.value.subject == str(path)
            await link.aclose()
        link = open_link(Address("mqtts://127.0.0.1:1", key=str(junk)), Ear(), carrier=carrier)
        with pytest.raises(UsageError, match="without its certificate"):
            await link.connect()

    run(work())


def test_a_killed_broker_is_found_again_over_tls(tmp_path, authority, carrier, topic, run):
    async def work(broker):
        ear = Ear()
        link = open_link(Address(broker.url, ca=str(authority.ca)), ear, carrier=carrier)
        await link.connect()
        broker.kill()
        await until(lambda: ear.downs)
        await asyncio.to_thread(broker.again)
        await until(lambda: len(ear.ups) == 2)
        await link.aclose()

    with Secured(tmp_path / "b", authority) as broker:
        run(work(broker))


def test_no_password_is_ever_shown():
    address = Address("mqtt://127.0.0.1", username="me", password="hush")
    assert "hush" not in repr(address)
    assert Mosquitto.scheme == "mqtt"
