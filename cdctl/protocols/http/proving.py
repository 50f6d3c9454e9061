"""Whether a call came from the API: its signature over the exact bytes, when it was sent, and its token."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from cdctl.domain.orders.api import Signature
from cdctl.domain.ports import Clock

_MOST_SIGNATURES = 8
"""In one header: an API that changes its secret signs with both for a while."""
_MILLISECONDS = 100_000_000_000
"""A number of this size and more cannot be seconds: that would be the year 5138."""
_HOLE = re.compile(rb"\{(?:body|timestamp)\}")


@dataclass(frozen=True, slots=True)
class Proof:
    """What proves that a call is the API's. signature: how it signs, None when it does not. secret and token: empty
    where there is none; with a signature and a token a call needs both."""

    signature: Signature | None
    clock: Clock
    secret: str = field(default="", repr=False)
    token: str = field(default="", repr=False)

    def doubt(self, headers: Mapping[str, bytes], body: bytes) -> str:
        """Why a call proves nothing; empty when it does. headers: by their names in lower case."""
        if not (self.token or (self.signature is not None and self.secret)):
            return "nothing can prove who calls"
        if self.token and not self._shown(headers):
            return "a call without our token"
        if self.signature is not None:
            return self._signed(self.signature, headers, body)
        return ""

    def _shown(self, headers: Mapping[str, bytes]) -> bool:
        scheme, _, token = headers.get("authorization", b"").partition(b" ")
        right = hmac.compare_digest(token.strip(), self.token.encode())
        return right and scheme.lower() == b"bearer"

    def _signed(self, signature: Signature, headers: Mapping[str, bytes], body: bytes) -> str:
        shown = headers.get(signature.header.lower(), b"")
        if not shown:
            return "a call without a signature"
        sent = headers.get(signature.timestamp.lower(), b"") if signature.timestamp else b""
        parts = {b"{body}": body, b"{timestamp}": sent}
        signed = _HOLE.sub(lambda hole: parts[hole[0]], signature.signed.encode())
        right = hmac.digest(self.secret.encode(), signed, "sha256")
        # All are compared, whichever is right: how long it takes says nothing.
        found = [hmac.compare_digest(one, right) for one in _signatures(shown, signature)]
        if not any(found):
            return "a call whose signature is wrong"
        if signature.timestamp:
            at = _instant(sent)
            if at is None:
                return "a call that does not say when it was sent"
            if abs(self.clock.now() - at) > signature.within:
                return "a call of another time: it may be a copy"
        return ""


def _signatures(shown: bytes, signature: Signature) -> list[bytes]:
    """Those of a header; what is none is left out."""
    prefix, found = signature.prefix.encode(), []
    for one in shown.split()[:_MOST_SIGNATURES]:
        if not one.startswith(prefix):
            continue
        try:
            written = one[len(prefix) :]
            found.append(base64.b64decode(written, validate=True) if signature.base64 else binascii.unhexlify(written))
        except ValueError:
            continue
    return found


def _instant(written: bytes) -> float | None:
    """Epoch seconds; None when it is no instant."""
    if written.isdigit() and len(written) < 17:
        number = int(written)
        return number / 1000 if number >= _MILLISECONDS else float(number)
    try:
        at = datetime.fromisoformat(written.decode("ascii"))
        return at.timestamp() if at.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
