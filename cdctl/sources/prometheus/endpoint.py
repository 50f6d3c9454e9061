"""Where a Prometheus is and how to show who one is. Secrets are read when first needed and never kept in a message."""

from __future__ import annotations

import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from cdctl.domain.address import is_loopback, masked
from cdctl.errors import UnavailableError, UsageError

_SECRETS = frozenset(
    {"token_file", "token_env", "token_keyring", "password_file", "password_env", "password_keyring", "header_files"}
)
_PLAIN = frozenset(
    {"url", "username", "ca", "cert", "key", "headers", "timeout", "deadline", "concurrency", "retries", "plaintext"}
)
_KNOWN = _SECRETS | _PLAIN


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One server of the Prometheus query API. Times in seconds; `options` are the settings as written."""

    url: str
    timeout: float = 30.0
    deadline: float = 120.0
    concurrency: int = 32
    retries: int = 2
    headers: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, object] = field(default_factory=dict)

    @property
    def identity(self) -> str:
        """URL, tenant headers and who asks: what makes the same question have different answers. No secret is in it."""
        tenants = ";".join(f"{name.lower()}={value}" for name, value in sorted(self.headers.items()))
        who = [
            str(self.options.get("username") or ""),
            *map(str, sorted(_mapping(self.options, "header_files").items())),
        ]
        return f"prometheus {self.url} {tenants} {' '.join(filter(None, who))}".strip()

    def all_headers(self) -> dict[str, str]:
        """Headers to send, secrets included. Raises UnavailableError when a secret cannot be read."""
        headers = dict(self.headers)
        for name, path in _mapping(self.options, "header_files").items():
            headers[name] = _read(path, f"header_files.{name}")
        token = self._secret("token")
        if token:
            headers["Authorization"] = f"Bearer {token}"
        for name, value in headers.items():
            if not (value.isascii() and value.isprintable()):
                raise UnavailableError(
                    f"what is to be sent as {name} is not one line of plain ASCII",
                    subject=self.url,
                    hint="check its file",
                )
        return headers

    def basic(self) -> tuple[str, str] | None:
        """User name and password, when set."""
        user = self.options.get("username")
        return (str(user), self._secret("password") or "") if user else None

    def tls(self) -> ssl.SSLContext | bool:
        """What proves the server, and us to it; False when there is no TLS at all."""
        if urlsplit(self.url).scheme != "https":
            return False
        ca, cert, key = (self.options.get(name) for name in ("ca", "cert", "key"))
        try:
            context = ssl.create_default_context(cafile=_expand(ca) if ca else None)
            if cert:
                context.load_cert_chain(_expand(cert), _expand(key) if key else None)
        except (OSError, ssl.SSLError) as error:
            raise UnavailableError(
                f"cannot load the certificates: {error}",
                subject=self.url,
                hint="check ca, cert and key in the settings",
            ) from None
        return context

    def _secret(self, name: str) -> str | None:
        if path := self.options.get(f"{name}_file"):
            return _read(str(path), f"{name}_file")
        if variable := self.options.get(f"{name}_env"):
            if value := os.environ.get(str(variable)):
                return value
            raise UnavailableError(
                f"the variable {variable} is not set", subject=f"{name}_env", hint=f"export {variable}"
            )
        if entry := self.options.get(f"{name}_keyring"):
            return _keyring(str(entry), f"{name}_keyring")
        return None


def endpoint(settings: Mapping[str, object]) -> Endpoint:
    """Read the settings of a `prometheus` table. Raises UsageError for what is wrong with them."""
    unknown = sorted(set(settings) - _KNOWN)
    if unknown:
        raise UsageError(
            f"unknown setting {unknown[0]!r}", subject="prometheus", hint=f"known: {', '.join(sorted(_KNOWN))}"
        )
    url = str(settings.get("url", "")).rstrip("/")
    _check_url(url, plaintext=bool(settings.get("plaintext")))
    return Endpoint(
        url,
        timeout=_number(settings, "timeout", 30.0),
        deadline=_number(settings, "deadline", 120.0),
        concurrency=int(_number(settings, "concurrency", 32)),
        retries=int(_number(settings, "retries", 2, least=0)),
        headers={name: str(value) for name, value in _mapping(settings, "headers").items()},
        options=settings,
    )


def _check_url(url: str, *, plaintext: bool) -> None:
    try:
        parts = urlsplit(url)
    except ValueError:
        raise UsageError(
            "this is not a URL", subject="prometheus.url", hint="write https://host[:port][/path]"
        ) from None
    if "@" in parts.netloc:
        raise UsageError(
            "the URL holds a user or password", subject="prometheus.url", hint="use username and password_file instead"
        )
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise UsageError(
            f"{masked(url)!r} is not a URL of a server",
            subject="prometheus.url",
            hint="write https://host[:port][/path]",
        )
    if parts.scheme == "http" and not plaintext and not is_loopback(parts.hostname):
        raise UsageError(
            f"{parts.hostname} would be asked without TLS",
            subject="prometheus.url",
            hint="use https://, or allow it: plaintext = true (CDCTL_PROMETHEUS_PLAINTEXT=true)",
        )


def _number(settings: Mapping[str, object], name: str, default: float, least: float = 1e-3) -> float:
    value = settings.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or value < least:
        raise UsageError(f"{value!r} is not a number of at least {least:g}", subject=f"prometheus.{name}")
    return float(value)


def _mapping(settings: Mapping[str, object], name: str) -> Mapping[str, str]:
    value = settings.get(name, {})
    if not isinstance(value, Mapping):
        raise UsageError("must be a table of names and values", subject=f"prometheus.{name}")
    return value


def _expand(path: object) -> str:
    return str(Path(str(path)).expanduser())


def _read(path: str, subject: str) -> str:
    try:
        found = Path(_expand(path)).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is not text"
        raise UnavailableError(f"cannot read {path}: {reason}", subject=subject) from None
    if not found:  # asked without the secret, an open server would answer as if all were well
        raise UnavailableError(f"the file {path} is empty", subject=subject, hint="write the secret there")
    return found


def _keyring(entry: str, subject: str) -> str:
    service, _, user = entry.rpartition("/")
    try:
        import keyring

        secret = keyring.get_password(service, user)
    except ImportError:
        raise UnavailableError(
            "keyring is not installed", subject=subject, hint="pip install 'cdctl[keyring]'"
        ) from None
    except Exception as error:
        raise UnavailableError(f"the keyring failed: {type(error).__name__}", subject=subject) from None
    if not secret:
        raise UnavailableError(f"the keyring has no entry {entry!r}", subject=subject)
    return secret
