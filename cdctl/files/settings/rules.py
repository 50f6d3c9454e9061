"""What must hold between the keys of a Prometheus."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from cdctl.domain.address import is_loopback
from cdctl.errors import Place
from cdctl.files.settings.draft import Draft

Tell = Callable[[str, str, str], None]
"""Called with a key, what is wrong with it, and the fix."""

_WITH_TLS = {"http": "https", "mqtt": "mqtts", "ws": "wss"}


def check(draft: Draft) -> None:
    """Remember every rule that a context breaks."""
    for name, sources in draft.contexts.items():
        if "prometheus" in sources:
            _prometheus(draft, name, sources["prometheus"])


def _prometheus(draft: Draft, name: str, table: Mapping[str, object]) -> None:
    dotted = f"contexts.{name}.prometheus"

    def wrong(key: str, message: str, fix: str) -> None:
        draft.wrong(draft.spots.get(f"{dotted}.{key}") or draft.spots.get(dotted, Place(dotted)), message, fix)

    if "url" not in table:
        if f"{dotted}.url" not in draft.spots:  # a wrong one has been reported
            wrong("", f"{dotted} has no url", 'write url = "https://prometheus.example"')
        return

    def exposed(key: str, message: str, fix: str) -> None:
        place = draft.spots.get(f"{dotted}.{key}") or draft.spots.get(dotted, Place(dotted))
        draft.exposes(name, place, message, f"{fix} (CDCTL_PROMETHEUS_PLAINTEXT=true)")

    one_way_in(table, wrong)
    encrypted(str(table["url"]), table, wrong, exposed)


def encrypted(url: str, table: Mapping[str, object], tell: Tell, exposed: Tell) -> None:
    """A server on another machine is reached with TLS, unless that is waived: `exposed` is told. Without TLS no
    certificate is used."""
    parts = urlsplit(url)
    if parts.scheme not in _WITH_TLS:
        return
    tls = _WITH_TLS[parts.scheme]
    if not table.get("plaintext") and not is_loopback(parts.hostname or ""):
        exposed("url", f"{parts.hostname} would be asked without TLS", f"use {tls}://, or allow it: plaintext = true")
    for key in ("ca", "cert", "key"):
        if key in table:
            tell(key, f"{key!r} is for {tls}://, and the url is {parts.scheme}://", f"use {tls}://")


def one_way_in(table: Mapping[str, object], tell: Tell) -> None:
    """One secret, said once, and whole."""
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
