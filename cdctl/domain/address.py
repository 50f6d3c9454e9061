"""Addresses of servers: which are this machine, and how one is shown."""

from __future__ import annotations

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Whether a host, as a URL names it, is this machine: localhost and all below it (RFC 6761), 127.0.0.0/8, ::1."""
    name = host.lower().removesuffix(".")
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ip_address(name.strip("[]")).is_loopback
    except ValueError:
        return False


def masked(url: str) -> str:
    """What was written as a URL, without the user and password that may stand in it, wherever they do."""
    if "@" not in url:
        return url
    scheme, slashes, _ = url.partition("//")
    return f"{scheme if slashes else ''}{slashes}***@{url.rpartition('@')[2]}"
