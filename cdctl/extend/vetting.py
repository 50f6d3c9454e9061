"""What a plugin must look like: checked by name and signature, with a reason that says which part is wrong."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping

from cdctl.domain.ports import API, Plugin
from cdctl.domain.text import safe
from cdctl.errors import PluginError
from cdctl.extend.listing import Declaration
from cdctl.extend.reasons import said

_MEMBERS: dict[str, dict[str, int | None]] = {
    "sources": {"identity": None, "fingerprint": 2, "fetch": 1, "aclose": 0},
    "reports": {"suffix": None, "render": 1},
    "protocols": {"promises": None, "births": 1, "stream": 2, "decode": 3},
    "inventory": {"vehicles": 0},
    "commands": {},
    "panels": {
        "title": None,
        "bindings": None,
        "fields": None,
        "writing": None,
        "see": 2,
        "draw": 2,
        "press": 2,
        "data": 0,
    },
}
"""What the thing that `make` gives must have: None for a value, else the number of arguments of a method."""

_MAKE_ARGUMENTS = {"sources": 1, "reports": 0, "protocols": 2, "inventory": 1, "commands": 0, "panels": 1}
_ITERATORS = {"fetch", "vehicles"}
_AT_ONCE = {
    "render": "return the whole text",
    "decode": "fill the batch",
    "births": "return",
    "stream": "return",
    "see": "return what it wants to know",
    "draw": "return the lines",
    "press": "return what is to be done",
    "data": "return the mapping",
}
_SIGNATURES = {
    "fingerprint": "fingerprint(indicator, group_by)",
    "fetch": "fetch(requests)",
    "aclose": "aclose()",
    "render": "render(report)",
    "births": "births(region)",
    "stream": "stream(region, vins)",
    "decode": "decode(messages, region, batch)",
    "vehicles": "vehicles()",
    "sources": "make(settings)",
    "reports": "make()",
    "protocols": "make(settings, signals)",
    "inventory": "make(settings)",
    "commands": "make()",
    "see": "see(snapshot, letter)",
    "draw": "draw(width, height)",
    "press": "press(action, key)",
    "data": "data()",
    "panels": "make(settings)",
}


def vet_api(api: int | None) -> None:
    """Refuse another version of the ports, before any code runs where a plugin.toml says so. None passes."""
    if api is not None and (isinstance(api, bool) or not isinstance(api, int) or api != API):
        hint = f"look for a release of it that names api {API}"
        raise PluginError(f"is made for API {safe(repr(api))}; this cdctl has API {API}", hint=hint)


def vet(value: object, declaration: Declaration) -> Plugin:
    """The value as a Plugin that is what was declared. A report and commands are also made once: that must cost
    nothing.

    Raises PluginError; whatever the plugin's own code raises comes through.
    """
    if not isinstance(value, Plugin):
        raise PluginError(f"{declaration.target} is a {type(value).__name__}, not a cdctl.api.Plugin")
    vet_api(value.api)
    listing = declaration.listing
    if (value.room, value.name) != (listing.room, listing.name):
        names = f"{safe(str(value.room))}.{safe(str(value.name))}"
        raise PluginError(f"calls itself {names} but is declared as {listing.title}", hint="make the two agree")
    for field in ("version", "summary"):
        text = getattr(value, field)
        if not isinstance(text, str) or not text.strip() or safe(text) != text:
            raise PluginError(f"its {field} must be one line of text, not {safe(repr(text), 80)}")
    if not isinstance(value.settings, Mapping):
        raise PluginError(f"its settings must map a key to its meaning, not be a {type(value.settings).__name__}")
    _vet_make(value)
    return value


def _vet_make(plugin: Plugin) -> None:
    make = plugin.make
    if not callable(make):
        raise PluginError(f"its make is a {type(make).__name__}, which cannot be called")
    _vet_call(make, _MAKE_ARGUMENTS[plugin.room], _SIGNATURES[plugin.room])
    if plugin.room == "reports":
        vet_made(make(), plugin.room)
    elif plugin.room == "commands":
        _vet_commands(plugin.name, make())
    elif inspect.isclass(make):
        _vet_methods(make, plugin.room)


def _vet_commands(family: str, commands: object) -> None:
    from cdctl.domain.orders.declaring import declared_wrong

    wrong = declared_wrong(family, commands)
    if wrong:
        raise PluginError("; ".join(wrong))


def vet_made(thing: object, room: str) -> None:
    """Check what `make` gave: every member of the room's port, with its number of arguments; of a panel, too, what it
    says of itself."""
    for member, arguments in _MEMBERS[room].items():
        if not hasattr(thing, member):
            raise PluginError(f"its make gives a {type(thing).__name__} without {member}")
        value = getattr(thing, member)
        if arguments is not None:
            _vet_method(value, member, arguments)
        elif member == "promises":
            _vet_promises(value)
        elif room != "panels" and (not isinstance(value, str) or not value):
            raise PluginError(f"its {member} must be a text, not {safe(repr(value), 80)}")
    if room == "panels":
        _vet_panel(thing)
    suffix = getattr(thing, "suffix", ".")
    if room == "reports" and not suffix.startswith("."):
        raise PluginError(f"its suffix must begin with a dot, not be {safe(suffix)!r}")


def _vet_panel(panel: object) -> None:
    from cdctl.domain.boards import declaring

    declaring.face(panel)
    declaring.bindings(panel)


def _vet_promises(value: object) -> None:
    from cdctl.domain.fleet.speech import Promises

    if not isinstance(value, Promises):
        raise PluginError(f"its promises must be a cdctl.api.Promises, not {safe(repr(value), 80)}")


def _vet_methods(made: type, room: str) -> None:
    """The same for a class that needs settings before it can be called."""
    for member, arguments in _MEMBERS[room].items():
        if arguments is None:
            continue
        if not hasattr(made, member):
            raise PluginError(f"its make, {made.__name__}, has no {member}")
        bound = 1 if inspect.isfunction(inspect.getattr_static(made, member)) else 0
        _vet_method(getattr(made, member), member, arguments + bound)


def _vet_method(value: object, member: str, arguments: int) -> None:
    if not callable(value):
        raise PluginError(f"its {member} is a {type(value).__name__}, not a method")
    _vet_call(value, arguments, _SIGNATURES[member])
    if member == "stream":
        _vet_call(value, arguments - 1, "stream(region)")
    if member in _ITERATORS and inspect.iscoroutinefunction(value):
        raise PluginError(f"its {member} never yields", hint="make it an async generator: async def, yield")
    if member in _AT_ONCE and (inspect.iscoroutinefunction(value) or inspect.isgeneratorfunction(value)):
        written = _SIGNATURES[member].replace("(", "(self, ")
        raise PluginError(f"its {member} must {_AT_ONCE[member]} at once", hint=f"write def {written}")


def _vet_call(call: Callable[..., object], arguments: int, wanted: str) -> None:
    try:
        signature = inspect.signature(call)
    except (TypeError, ValueError):
        return  # Some callables written in C have none to show.
    try:
        signature.bind(*[None] * arguments)
    except TypeError as error:
        name = wanted.partition("(")[0]
        reason = f"its {name} is {name}{safe(str(signature))}, which cannot be called as {wanted}: {said(error)}"
        raise PluginError(reason) from error
