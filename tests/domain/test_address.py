"""Which hosts are this machine, and URLs that can be shown."""

from __future__ import annotations

import pytest

from cdctl.domain.address import is_loopback, masked


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST", "localhost.", "prom.localhost", "127.0.0.1", "127.9.9.9", "::1", "[::1]"]
)
def test_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host", ["", "localhost.example", "notlocalhost", "127.0.0.1.example", "128.0.0.1", "0.0.0.0", "::2", "prom"]
)
def test_another_machine(host: str) -> None:
    assert not is_loopback(host)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://prom.example/a", "https://prom.example/a"),
        ("https://joe:sesame@prom.example/a", "https://***@prom.example/a"),
        ("htps://joe:ses/a?m@e@prom.example", "htps://***@prom.example"),
        ("//joe:sesame@prom.example", "//***@prom.example"),
        ("joe:sesame@prom.example", "***@prom.example"),
        ("https:joe:sesame@prom.example", "***@prom.example"),
        ("https://joe:sesame@", "https://***@"),
    ],
)
def test_a_url_without_who(url: str, shown: str) -> None:
    assert masked(url) == shown
