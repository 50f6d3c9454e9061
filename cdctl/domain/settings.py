"""Settings as values. `files.settings` reads them; every value knows where it came from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Literal

from cdctl.domain.looks import Habits
from cdctl.errors import Problem, UsageError

LAB = "lab"
"""The context that exists while the lab is up. It is used only when asked for by name."""


@dataclass(frozen=True, slots=True)
class Secret:
    """Where a secret is kept: a file's path, a variable's name, or a keyring entry `service/user`. The secret itself is
    read when it is first needed (`files.settings.secrets.reveal`) and never becomes a setting."""

    kind: Literal["file", "env", "keyring"]
    where: str


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Where the private key is kept with which orders are signed: a file's path, a keyring entry `service/name`, or the
    fingerprint or comment of a key that an ssh-agent holds."""

    kind: Literal["file", "keyring", "agent"]
    where: str


@dataclass(frozen=True, slots=True)
class Access:
    """How to reach a server and show who one is. Empty texts are not set.

    `token` is a bearer token; it and `username` exclude each other. `ca`, `cert` and `key` are paths of PEM files.
    `plaintext` allows a server on another machine to be asked without TLS.
    """

    username: str = ""
    password: Secret | None = None
    token: Secret | None = None
    ca: str = ""
    cert: str = ""
    key: str = ""
    plaintext: bool = False


@dataclass(frozen=True, slots=True)
class Broker:
    """The MQTT broker of one region. `url` is mqtt://, mqtts://, ws:// or wss://, without credentials in it.

    session_expiry: seconds that the broker keeps the session after a cut. receive_maximum: messages of QoS 1 that may
    be unacknowledged. rate_cap: messages a second, bytes_cap: bytes a second, that one of `connections` may carry.
    None and the empty client_id leave the choice to whoever connects.
    """

    region: str
    url: str
    access: Access = field(default_factory=Access)
    client_id: str = ""
    session_expiry: int | None = None
    receive_maximum: int | None = None
    connections: int = 1
    rate_cap: int | None = None
    bytes_cap: int | None = None


@dataclass(frozen=True, slots=True)
class BirthsInventory:
    """Which vehicles exist is what their own births say."""


@dataclass(frozen=True, slots=True)
class FileInventory:
    """Which vehicles exist is in a file."""

    file: str


@dataclass(frozen=True, slots=True)
class HttpInventory:
    """Which vehicles exist is told by a server."""

    url: str
    access: Access = field(default_factory=Access)


@dataclass(frozen=True, slots=True)
class SqlInventory:
    """Which vehicles exist is in a database: its URL, without credentials in it, and the query that lists them."""

    sql: str
    query: str
    access: Access = field(default_factory=Access)


Inventory = BirthsInventory | FileInventory | HttpInventory | SqlInventory


@dataclass(frozen=True, slots=True)
class ProtocolChoice:
    """How a fleet speaks: "native", "mapped" by the file `profile`, or the name of a protocol that a plugin brings."""

    name: str = "native"
    profile: str = ""


@dataclass(frozen=True, slots=True)
class Collector:
    """A shared collector that is watched instead of the brokers."""

    url: str
    access: Access = field(default_factory=Access)


@dataclass(frozen=True, slots=True)
class CallbackDoor:
    """Where the command API calls us. `listen` is HOST:PORT, `url` the address at which the API reaches it; empty when
    that is `listen` itself. `secret` signs what it sends, `token` is a bearer token; at least one of them is set.
    `cert` and `key` are paths of PEM files: an address that others reach has them."""

    listen: str
    url: str = ""
    secret: Secret | None = None
    token: Secret | None = None
    cert: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class CommandApi:
    """An API over HTTP that takes orders instead of the vehicles themselves; the file `profile` says how. `callback` is
    where it may call us; without it, jobs are polled."""

    url: str
    profile: str
    access: Access = field(default_factory=Access)
    callback: CallbackDoor | None = None


TracesKind = Literal["store", "clickhouse", "tempo", "jaeger"]


@dataclass(frozen=True, slots=True)
class Traces:
    """Where spans are asked for: the folder of a store, or the URL of a server. `options` are the other keys, as they
    are written; no secret is among them."""

    kind: TracesKind
    where: str
    options: Mapping[str, object] = field(default_factory=dict)

    @property
    def table(self) -> Mapping[str, object]:
        """As the sources door takes it."""
        return {self.kind: self.where, **self.options}


@dataclass(frozen=True, slots=True)
class Context:
    """One platform: where its numbers come from, and how its vehicles are reached.

    `sources` maps a name of the sources door to that source's settings, for instance {"prometheus": {"url":
    "https://prom.example", "token_file": "/run/secrets/prom"}}. `brokers` maps a region to its broker. Topics start at
    `topic_root`. `trust` is the file that says whose keys are believed, `policy` the one that says who may do what;
    without the latter the policy that ships is in force. `otlp` is the URL of the collector that our own spans go to,
    `changes` the file in which deployments and other changes are told.
    `commands` is where orders go instead of the brokers. `traces` is where spans are asked for; None is the store in
    the user's data folder. What it says is in `sources` as well. `colour` is what the live view shows it by.
    """

    name: str
    sources: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    brokers: Mapping[str, Broker] = field(default_factory=dict)
    inventory: Inventory = field(default_factory=BirthsInventory)
    protocol: ProtocolChoice = field(default_factory=ProtocolChoice)
    collector: Collector | None = None
    topic_root: str = "cd"
    signing_key: SigningKey | None = None
    trust: str = ""
    policy: str = ""
    otlp: str = ""
    changes: str = ""
    commands: CommandApi | None = None
    traces: Traces | None = None
    colour: str = ""


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a run needs to know. Paths are absolute or relative to the working directory, `~` expanded.

    `default_context` is the context in use: the flag's, the variable's, the file's, or the only one; empty when nothing
    says which. `origins` maps a dotted key to where its value came from ("default", "cdctl.toml:3", "CDCTL_CONTEXT",
    "--context"). `file` is the settings file that was read, empty when there is none. `fleet_columns` maps the name of
    a column to the signal that it keeps of every vehicle. `fleet` is what the file says of fleets, by dotted key, as
    `config show` prints it; like everything here it holds no secret. `top` is how the live view is at first. `warnings`
    are things that are odd but not wrong.
    """

    contexts: Mapping[str, Context] = field(default_factory=dict)
    default_context: str = ""
    slo_specs: str = "slo_specs"
    dashboards: str = "dashboards"
    plugins: tuple[str, ...] = ()
    cache_dir: str = ""
    journal: str = ""
    origins: Mapping[str, str] = field(default_factory=dict)
    file: str = ""
    fleet_columns: Mapping[str, str] = field(default_factory=dict)
    fleet: Mapping[str, object] = field(default_factory=dict)
    top: Habits = field(default_factory=Habits)
    warnings: tuple[Problem, ...] = ()

    def context(self, name: str = "") -> Context:
        """The context of that name, or the one in use. Raises UsageError when there is none."""
        wanted = name or self.default_context
        if wanted in self.contexts:
            return self.contexts[wanted]
        said_by = "" if name else self.origins.get("default_context", "")
        raise self._unknown(wanted, said_by) if wanted else self._none_chosen()

    def _unknown(self, name: str, said_by: str) -> UsageError:
        known = ", ".join(self.contexts)
        near = get_close_matches(name, self.contexts, n=1)
        if near:
            hint = f"did you mean {near[0]}?"
        elif name == LAB:
            hint = "start it: cdctl lab up"
        else:
            hint = f"known contexts: {known}" if known else f"write [contexts.{name}] in {self.file or 'cdctl.toml'}"
        return UsageError(f"there is no context {name!r}", subject=said_by, hint=hint)

    def _none_chosen(self) -> UsageError:
        written = [name for name in self.contexts if name != LAB]
        if written:
            return UsageError(
                f"which context? The settings have {', '.join(written)}",
                subject=self.file,
                hint=f'cdctl --context {written[0]} ..., or default_context = "{written[0]}" in the file',
            )
        lab = "; or ask the lab: cdctl --context lab" if LAB in self.contexts else ""
        return UsageError(
            "no context: nothing says which Prometheus to ask",
            hint=f"cdctl --prometheus URL ..., or a cdctl.toml with [contexts.NAME] and "
            f'prometheus = {{ url = "https://..." }}{lab}',
        )
