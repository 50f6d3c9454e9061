"""What must hold between the keys of a Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from cdctl.errors import Place
from cdctl.files.settings.draft import Draft


def check(draft: Draft) -> None:
    """Remember every rule that a context breaks."""
    for name, sources in draft.contexts.items():
        if "prometheus" in sources:
            _prometheus(draft, f"contexts.{name}.prometheus", sources["prometheus"])


def _prometheus(draft: Draft, dotted: str, table: Mapping[str, object]) -> None:
    def wrong(key: str, message: str, fix: str) -> None:
        draft.wrong(draft.spots.get(f"{dotted}.{key}") or draft.spots.get(dotted, Place(dotted)), message, fix)

    if "url" not in table:
        if f"{dotted}.url" not in draft.spots:  # a wrong one has been reported
            wrong("", f"{dotted} has no url", 'write url = "https://prometheus.example"')
        return
    _one_way_in(table, wrong)
    parts = urlsplit(str(table["url"]))
    if parts.scheme == "http":
        if not table.get("plaintext") and not is_loopback(parts.hostname or ""):
            wrong(
                "url",
                f"{parts.hostname} would be asked without TLS",
                "use https://, or allow it: plaintext = true (CDCTL_PROMETHEUS_PLAINTEXT=true)",
            )
        for key in ("ca", "cert", "key"):
            if key in table:
                wrong(key, f"{key!r} is for https://, and the url is http://", "use https://")


def _one_way_in(table: Mapping[str, object], tell: Callable[[str, str, str], None]) -> None:
    tokens = [f"token_{kind}" for kind in ("file", "env", "keyring") if f"token_{kind}" in table]
    passwords = [f"password_{kind}" for kind in ("file", "env", "keyring") if f"password_{kind}" in table]
    for several in (tokens, passwords):
        if len(several) > 1:
            tell(several[1], f"{' and '.join(several)} say the same thing twice", "keep one")
    if tokens and ("username" in table or passwords):
        tell(tokens[0], "a token and a user name are two ways in", "keep one")
    if "username" in table and not passwords:
        tell("username", "a user name without a password", "add password_file, password_env or password_keyring")
    if passwords and "username" not in table:
        tell(passwords[0], "a password without a user name", "add username")
    if ("cert" in table) != ("key" in table):
        tell("cert" if "cert" in table else "key", "cert and key belong together", "write both")


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
