"""Reads profile files: how an existing fleet speaks. `cdctl.files.profile_shape` says what may be in one."""

from __future__ import annotations

import re
from pathlib import Path

import cdctl
from cdctl.domain.fleet.batch import Presence
from cdctl.domain.fleet.profile import (
    CONVERSIONS,
    EventRule,
    Instant,
    Measure,
    MessageRule,
    Pointer,
    PresenceRule,
    Profile,
    Said,
)
from cdctl.errors import FileError
from cdctl.files.faults import Faults
from cdctl.files.nearest import shown
from cdctl.files.nodes import Mapping, Node, Scalar
from cdctl.files.one_document import only
from cdctl.files.profile_shape import PROFILE
from cdctl.files.reading import read_text

SHIPPED = Path(cdctl.__file__).parent / "protocols" / "profiles"
_NAME = re.compile(r"\{(\w+)\}")
_PRESENCE = {"online": Presence.ONLINE, "offline": Presence.OFFLINE, "unknown": Presence.UNKNOWN}


def shipped() -> tuple[str, ...]:
    """Names of the profiles that ship with cdctl."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.yaml")))


def read(path: Path) -> Profile:
    """The profile of a file, or, where there is no such file, the one that ships under the file's name.

    Raises FileError with everything that is wrong in it.
    """
    path = Path(path).expanduser()
    if not path.is_file() and path.name in shipped():
        path = SHIPPED / f"{path.name}.yaml"
    faults = Faults(str(path))
    profile = _profile(path, faults)
    if faults.errors or profile is None:
        hint = "" if path.is_file() else f"profiles that ship with cdctl: {', '.join(shipped())}"
        raise FileError(faults.close(), hint=hint)
    return profile


def _profile(path: Path, faults: Faults) -> Profile | None:
    root = only(read_text(path, faults), faults, PROFILE, "profile")
    if root is None:
        return None
    nodes = [node for node in root.items("messages") if isinstance(node, Mapping)]
    rules = tuple(_message(node, faults) for node in nodes)
    _judge(root, nodes, rules, faults)
    return Profile(
        root.text("name"), root.text("vehicle"), rules, root.text("region"), root.text("description"), str(path)
    )


def pointer(text: str) -> Pointer:
    """The tokens of a JSON Pointer (RFC 6901, section 4)."""
    return tuple(token.replace("~1", "/").replace("~0", "~") for token in text.split("/")[1:])


def _message(node: Mapping, faults: Faults) -> MessageRule:
    levels = tuple(node.text("topic").split("/"))
    names = {match[1]: i for i, level in enumerate(levels) if (match := _NAME.fullmatch(level))}
    when = node.mapping("when")
    signals = node.mapping("signals")
    time = node.mapping("time")
    event = node.mapping("event")
    return MessageRule(
        levels,
        names,
        payload="value" if node.text("payload") == "value" else "json",
        kept={"past": "past", "present": "present"}.get(node.text("kept"), "never"),  # type: ignore[arg-type]
        qos=int(node.decimal("qos") or 0),
        when={pointer(at): when.text(at) for at in when.values} if when else {},
        time=Instant(pointer(time.text("at")), time.text("unit")) if time else None,  # type: ignore[arg-type]
        signals={path: _measure(value) for path, value in signals.values.items()} if signals else {},
        presence=_presence(node.get("presence")),
        model=_said(node, "model"),
        software=_said(node, "software"),
        event=_event(event) if event else None,
    )


def _measure(node: Node) -> Measure:
    if not isinstance(node, Mapping):
        return Measure(pointer(node.text if isinstance(node, Scalar) else ""))
    words = node.mapping("words")
    at = pointer(node.text("at"))
    if words:
        return Measure(at, words={word: float(words.decimal(word) or 0) for word in words.values})
    scale, offset = CONVERSIONS.get(node.text("convert"), (1.0, 0.0))
    told_scale, told_offset = node.decimal("scale"), node.decimal("offset")
    return Measure(
        at,
        scale if told_scale is None else float(told_scale),
        offset if told_offset is None else float(told_offset),
    )


def _presence(node: Node | None) -> PresenceRule | None:
    if isinstance(node, Scalar):
        return PresenceRule(_PRESENCE[node.text])
    if not isinstance(node, Mapping):
        return None
    words = node.mapping("words")
    return PresenceRule(
        None,
        pointer(node.text("at")),
        {word: _PRESENCE[words.text(word)] for word in words.values} if words else {},
        _PRESENCE.get(node.text("other")),
    )


def _said(node: Mapping, key: str) -> Said | None:
    written = node.scalar(key)
    if written is None:
        return None
    pointed = not written.text or written.text.startswith("/")
    return Said(pointer(written.text)) if pointed else Said(constant=written.text)


def _event(node: Mapping) -> EventRule:
    dtcs = node.scalar("dtcs")
    return EventRule(_said(node, "kind") or Said(), _said(node, "detail"), pointer(dtcs.text) if dtcs else None)


def _judge(root: Mapping, nodes: list[Mapping], rules: tuple[MessageRule, ...], faults: Faults) -> None:
    """What must hold between keys: levels that are named are there, and no rule stands in another's way."""
    seen: dict[tuple[str, ...], tuple[MessageRule, int]] = {}
    for node, rule in zip(nodes, rules, strict=True):
        topic = node.at("topic")
        for key in ("vehicle", "region"):
            for name in _NAME.findall(root.text(key)):
                if name not in rule.names:
                    faults.error(topic, f"the topic has no level {{{name}}}, which {key} is made of", f"add {{{name}}}")
        named = _NAME.findall(node.text("topic"))
        if len(set(named)) < len(named):
            faults.error(topic, "the topic has two levels of one name", "give each a name of its own")
        _judge_message(node, rule, faults)
        shape = tuple("+" if i in rule.names.values() else level for i, level in enumerate(rule.levels))
        if shape in seen:
            _judge_pair(node, rule, seen[shape], faults)
        if shape not in seen or not rule.when:
            seen[shape] = (rule, node.line)


def _judge_message(node: Mapping, rule: MessageRule, faults: Faults) -> None:
    if rule.kept == "present" and rule.presence is None:
        faults.error(node.at("kept"), "kept: present is for messages with presence", "write kept: past")
    if rule.event and len(rule.event.kind.constant) > 64:
        faults.error(node.at("event"), "the kind of an event has at most 64 characters", "shorten it")
    if rule.payload != "value":
        return
    parts: list[tuple[Mapping | None, tuple[str, ...]]] = [
        (node, ("model", "software")),
        (node.mapping("event"), ("kind", "detail", "dtcs")),
        (node.mapping("time"), ("at",)),
        (node.mapping("presence"), ("at",)),
    ]
    signals = node.mapping("signals")
    for value in signals.values.values() if signals else ():
        if isinstance(value, Mapping):
            parts.append((value, ("at",)))
        elif isinstance(value, Scalar) and value.text:
            _not_whole(value, faults)
    for part, keys in parts:
        for key in keys:
            found = part.scalar(key) if part else None
            if found and found.text.startswith("/"):
                _not_whole(found, faults)
    when = node.mapping("when")
    for at in when.keys.values() if when else ():
        if at.text:
            _not_whole(at, faults)


def _not_whole(where: Scalar, faults: Faults) -> None:
    faults.error(where, f"a payload that is one value has no {shown(where.text)}", 'write "": the whole payload')


def _judge_pair(node: Mapping, rule: MessageRule, first: tuple[MessageRule, int], faults: Faults) -> None:
    other, line = first
    topic = node.at("topic")
    if other.levels != rule.levels:
        faults.error(topic, f"line {line} names the levels of this topic otherwise", "give them the same names")
    if other.payload != rule.payload:
        faults.error(topic, f"line {line} has another payload for this topic", "give both the same payload")
    if not other.when:
        faults.error(topic, f"never reached: line {line} takes every message of this topic", "put this one before it")
