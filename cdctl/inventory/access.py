"""Who asks: an Access of the settings, with its secrets read when they are first needed."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

from cdctl.domain.settings import Access, Secret
from cdctl.errors import UnavailableError

Reveal = Callable[[Secret, str], str]


class Credentials:
    """What an inventory shows a server. `subject` is what messages call the inventory; no secret is kept here."""

    def __init__(self, settings: Mapping[str, object], subject: str) -> None:
        access = settings.get("access")
        self.access = access if isinstance(access, Access) else Access()
        self._reveal = cast("Reveal | None", settings.get("reveal"))
        self._subject = subject

    def secret(self, kept: Secret | None) -> str:
        """The secret, empty when none is set. Raises UnavailableError when it cannot be read."""
        if kept is None:
            return ""
        if self._reveal is None:
            raise UnavailableError("nobody reads the secrets of this inventory", subject=self._subject)
        return self._reveal(kept, self._subject)

    def headers(self) -> dict[str, str]:
        """Headers that show who asks with a token."""
        token = self.secret(self.access.token)
        if not (token.isascii() and token.isprintable()):
            raise UnavailableError("the token is not one line of plain ASCII", subject=self._subject)
        return {"Authorization": f"Bearer {token}"} if token else {}

    def basic(self) -> tuple[str, str] | None:
        """User name and password, when there is a user."""
        return (self.access.username, self.secret(self.access.password)) if self.access.username else None

    def tls(self) -> ssl.SSLContext:
        """What proves the server, and us to it."""
        access = self.access
        try:
            context = ssl.create_default_context(cafile=_expand(access.ca) if access.ca else None)
            if access.cert:
                context.load_cert_chain(_expand(access.cert), _expand(access.key) if access.key else None)
        except (OSError, ssl.SSLError) as error:
            raise UnavailableError(
                f"cannot load the certificates: {error}", subject=self._subject, hint="check ca, cert and key"
            ) from None
        return context


def _expand(path: str) -> str:
    return str(Path(path).expanduser())
