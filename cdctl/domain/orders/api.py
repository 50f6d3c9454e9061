"""A command API over HTTP, as a value: how orders are submitted, looked at and taken back. `files.api_profiles` reads
it, `protocols.http` acts by it. Pointers are JSON Pointers (RFC 6901), split into their tokens."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from cdctl.domain.fleet.profile import Pointer
from cdctl.domain.orders.order import Heard

TEXTS = frozenset({"vin", "region", "command", "key", "order", "expires"})
"""What `{name}` may stand for in a URL, a header or a text of a body. expires: RFC 3339."""
NUMBERS = frozenset({"expires_ms", "seconds", "timeout"})
"""The same; a body's text that is nothing else becomes a number. seconds: until it expires; timeout: in seconds."""
CALLBACK = "callback"
"""The same, in bodies of submits: where the API calls us. Alone in a text it is left out where nobody listens."""
STATES = frozenset(
    {
        Heard.ACKED, Heard.RUNNING, Heard.SUCCEEDED, Heard.FAILED, Heard.REJECTED, Heard.TIMED_OUT, Heard.CANCELLED,
        Heard.EXPIRED,
    }
)  # fmt: skip
"""What a state of the API may mean. acked: the API has it, whatever became of it since."""


@dataclass(frozen=True, slots=True)
class Call:
    """One kind of request. url: a template below the API's address. body: JSON values with templates in their texts,
    None for no body. codes: status codes that say that it was done. at: where the job is in the answer."""

    method: str
    url: str
    codes: frozenset[int]
    body: object = None
    at: Pointer = ()


@dataclass(frozen=True, slots=True)
class ApiCommand:
    """One of our commands as the API has it. arguments: our name -> theirs. results: key of our result -> where it is
    in the job. success: what a success stands for where the job does not say it. url, body: instead of the submit's."""

    name: str
    arguments: Mapping[str, str] = field(default_factory=dict)
    results: Mapping[str, Pointer] = field(default_factory=dict)
    success: Mapping[str, object] = field(default_factory=dict)
    url: str = ""
    body: object = None


@dataclass(frozen=True, slots=True)
class Pace:
    """How much is asked. at_once: requests; per_second: None for as many as it takes. timeout, interval, longest:
    seconds; a job is looked at after `interval`, then `backoff` times later each, up to `longest`. tries: of a request
    that certainly did not arrive, or that may be repeated."""

    at_once: int = 8
    per_second: float | None = None
    timeout: float = 10.0
    interval: float = 2.0
    backoff: float = 1.5
    longest: float = 60.0
    tries: int = 3


@dataclass(frozen=True, slots=True)
class Signature:
    """How a call proves that the API sent it: HMAC-SHA256 (RFC 2104) in a header, with a secret that both know.

    prefix: what stands before every signature in the header; several are separated by spaces. base64: instead of hex.
    signed: what is signed, a template of {body}, its bytes as they came, and {timestamp}. timestamp: the header that
    says when it was sent, empty where none does; within: seconds by which that may differ from our clock.
    """

    header: str
    prefix: str = ""
    base64: bool = False
    signed: str = "{body}"
    timestamp: str = ""
    within: float = 300.0


@dataclass(frozen=True, slots=True)
class Callback:
    """How the API calls us when something happened to a job. at: where the job is in the body of the call; id, state,
    reason and result are in the job. order: where our id of the order is in the body, None where the job's own id alone
    is told. header: of a submit, that holds our address; empty where the body does, or the API knows it. signature:
    None where a bearer token alone proves who calls. interval: seconds between looks at a job that should be told of.
    """

    id: Pointer
    state: Pointer
    reason: Pointer = ()
    result: Pointer = ()
    at: Pointer = ()
    order: Pointer | None = None
    header: str = ""
    signature: Signature | None = None
    interval: float = 30.0


@dataclass(frozen=True, slots=True)
class ApiProfile:
    """All of it. poll: None when the API only calls back. find: looks a job up by what we know of the order, None when
    the API cannot. cancel: None when it cannot. later: status codes that say that nothing was taken, and when to come
    again. dedupe: the header, and the template of its value, by which the API does a thing once; empty when it does
    not. check: what is asked to see whether it answers. words: the API's states -> ours. callback: None when it does
    not call."""

    name: str
    submit: Call
    poll: Call | None
    id: Pointer
    state: Pointer
    words: Mapping[str, Heard]
    commands: Mapping[str, ApiCommand]
    find: Call | None = None
    cancel: Call | None = None
    reason: Pointer = ()
    result: Pointer = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    later: frozenset[int] = frozenset({429, 503})
    dedupe: tuple[str, str] = ("", "")
    check: str = "/"
    pace: Pace = Pace()
    description: str = ""
    callback: Callback | None = None
