"""TLS to brokers, and why a connection failed, in words."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from cdctl.domain.text import safe
from cdctl.domain.wire import Address
from cdctl.errors import UnavailableError, UsageError
from cdctl.links.endpoint import Endpoint

_NAME_ITS_CA = "name the CA that signed it with 'ca' in the settings of this broker"
# Codes of X509_V_ERR_* in OpenSSL's x509_vfy.h.
_UNTRUSTED = {
    9: ("its certificate is not valid yet", "check the clocks of both machines"),
    10: ("its certificate has expired", "whoever runs the broker must renew it"),
    18: ("its certificate is self-signed and not trusted here", _NAME_ITS_CA),
    19: ("its certificate is signed by a CA that is not trusted here", _NAME_ITS_CA),
    20: ("its certificate is signed by a CA that is not trusted here", _NAME_ITS_CA),
    21: ("its certificate is signed by a CA that is not trusted here", _NAME_ITS_CA),
    62: ("its certificate is for another host name", "use the name that the certificate has"),
    64: ("its certificate is for another host name", "use the name that the certificate has"),
}
# What OpenSSL calls the words of a server that does not like our certificate, or the lack of one.
_UNWELCOME = ("CERTIFICATE_REQUIRED", "HANDSHAKE_FAILURE", "UNKNOWN_CA", "BAD_CERTIFICATE", "CERTIFICATE_EXPIRED")
_REASONS: tuple[tuple[tuple[type[BaseException], ...], str, str], ...] = (
    ((socket.gaierror,), "no such host", "check the name, and the network"),
    ((ConnectionRefusedError,), "nobody listens there", "check the port, and whether the broker runs"),
    ((TimeoutError,), "no answer in time", ""),
)


def tls_context(address: Address) -> ssl.SSLContext:
    """TLS 1.2 or later, certificates and host names verified. Raises UsageError for files that cannot be used."""
    with _reading(address.ca, "CA certificates"):
        context = ssl.create_default_context(cafile=address.ca or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if address.key and not address.cert:
        raise UsageError("a key without its certificate", subject=safe(address.key), hint="set 'cert', too")
    if address.cert:
        with _reading(address.cert, "a certificate and its key"):
            # Without a password here, OpenSSL asks the terminal for that of an encrypted key.
            context.load_cert_chain(address.cert, address.key or None, password="")
    return context


@contextmanager
def _reading(path: str, what: str) -> Iterator[None]:
    try:
        yield
    except ssl.SSLError as error:
        said = safe(error.reason or str(error))
        hint = "PEM files, the key without a password"
        raise UsageError(f"cannot be used as {what}: {said}", subject=safe(path), hint=hint) from None
    except OSError as error:
        hint = f"it should hold {what}"
        raise UsageError(f"cannot be read: {error.strerror}", subject=safe(path), hint=hint) from None


def failure(error: BaseException, end: Endpoint) -> UnavailableError:
    """Why a connection could not be made, or broke: what, and the cure."""
    said, hint = _said(error, end)
    return UnavailableError(said, subject=str(end), hint=hint)


def _said(error: BaseException, end: Endpoint) -> tuple[str, str]:
    if isinstance(error, ssl.SSLCertVerificationError):
        other = f"its certificate is not trusted: {safe(error.verify_message)}"
        return _UNTRUSTED.get(error.verify_code, (other, _NAME_ITS_CA))
    if isinstance(error, ssl.SSLError):
        return _said_of_tls(error)
    if isinstance(error, ConnectionResetError | BrokenPipeError | EOFError):
        return cut_short(end)
    for kinds, words, hint in _REASONS:
        if isinstance(error, kinds):
            return words, hint or cure_of_silence(end)
    told = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return f"cannot connect: {safe(told)}", ""


def _said_of_tls(error: ssl.SSLError) -> tuple[str, str]:
    reason = error.reason or str(error)
    if any(alert in reason for alert in _UNWELCOME):
        return (
            f"the broker does not accept our certificate, or wants one ({safe(reason)})",
            "set 'cert' and 'key' in the settings of this broker",
        )
    if reason in {"WRONG_VERSION_NUMBER", "UNEXPECTED_EOF_WHILE_READING", "RECORD_LAYER_FAILURE"}:
        return f"it does not speak TLS there ({safe(reason)})", "check the port; brokers often use 8883 for TLS"
    return f"TLS failed: {safe(reason)}", ""


def cut_short(end: Endpoint) -> tuple[str, str]:
    """What to say when the connection ended before the broker agreed to it, and the cure.

    With TLS 1.3 a broker judges our certificate after the handshake is over for us; what it thinks of it is lost when
    CONNECT meets a closed connection.
    """
    said = "the broker cut the connection before it was made"
    if not end.tls:
        return said, cure_of_silence(end)
    return (
        f"{said}, as brokers do that do not accept our certificate, or want one",
        "set 'cert' and 'key' in the settings of this broker, or check the port",
    )


def cure_of_silence(end: Endpoint) -> str:
    """What to look at when a broker says nothing."""
    return "check the port" if end.tls else "check the port; a port for TLS needs mqtts:// (or wss://)"
