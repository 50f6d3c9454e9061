"""Orders: rollouts wave by wave and plans of single commands, how far they are, and what can be done about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cdctl.domain.boards.asking import Ask, Missing
from cdctl.domain.boards.drawing import Line, with_role
from cdctl.domain.boards.keys import MOVES, Binding, Key
from cdctl.domain.boards.ordering import OrderSeen, PlanSeen, RolloutSeen, Sent, SentSight, Targeted, TargetsOf
from cdctl.domain.boards.requests import DONE, About, Copy, Open, Prepare, Reply, Say
from cdctl.domain.boards.snapshot import Snapshot
from cdctl.domain.ports import API, Plugin
from cdctl.domain.text import safe
from cdctl.panels import orders_data, orders_lines, orders_targets
from cdctl.panels.blocks import Blocks
from cdctl.panels.inquiry import REST, Inquiry
from cdctl.panels.list_cursor import ListCursor
from cdctl.panels.missing_lines import missing_lines, wrapped
from cdctl.panels.orders_lines import Thing
from cdctl.panels.orders_steering import began, cannot, named, steer, under_way
from cdctl.panels.orders_steering import key as key_of

_FOOT = 8
"""Lines from which on the last one tells more about the thing under the hand."""
_TALL = 12
"""Lines from which on a plan's own line stands above its vehicles."""
_NONE = "nothing was sent yet: x on a board of vehicles prepares a command, cdctl rollout start FILE begins a rollout"


class Orders:
    """See the port. It shows plans and rollouts; when one was opened, its vehicles; where the board is about a vehicle,
    the orders to it."""

    fields: Sequence[str] = ()
    writing = False
    bindings: Sequence[Binding] = (
        Binding("open", ("enter",), "its vehicles; once more: the vehicle", "open"),
        Binding("pause", ("P",), "hold a rollout; what has left goes on", "pause"),
        Binding("resume", ("R",), "let a rollout go on", "resume"),
        Binding("stop", ("A",), "abort a rollout, or cancel a plan; asks for a word first", "abort"),
        Binding("retry", ("F",), "prepare the command again, for the vehicles that failed", "retry failed"),
        Binding("approve", ("V",), "agree that a rollout begins the wave that it waits with"),
        Binding("command", ("x",), "prepare a command to the vehicle under the cursor"),
        Binding("copy", ("y",), "copy the name of the plan or the rollout, or the VIN"),
        Binding("back", ("escape",), "from the vehicles back to the plans"),
        *MOVES,
    )

    def __init__(self) -> None:
        self._snapshot: Snapshot | None = None
        self._sent, self._of = Inquiry(Sent(), rest=1.0), Inquiry()
        self._blocks, self._cursor = Blocks(), ListCursor()
        self._opened: Thing | None = None
        self._sorted: list[Thing] = []
        self._sorted_of: object = None
        self._drawn: dict[int, Sequence[Line]] = {}
        self._drawn_of: object = None
        self._rows = range(0)
        self._seen, self._slipped_at = "", 0.0

    @property
    def title(self) -> str:
        """What is under way, or whose orders are shown."""
        if self._opened is not None:
            return f"orders · {named(self._opened)} · its vehicles"
        if self._vin:
            return f"orders to {safe(self._vin, 40)}"
        things = self._things()
        busy = sum(under_way(thing, self._now) for thing in things)
        return f"orders · {busy:,} under way, {len(things) - busy:,} over" if things else "orders"

    @property
    def _vin(self) -> str:
        return self._snapshot.about.vin if self._snapshot is not None else ""

    @property
    def _now(self) -> float:
        """Epoch seconds, whole ones: what is drawn changes once a second."""
        return float(int(self._snapshot.at)) if self._snapshot is not None else 0.0

    def see(self, snapshot: Snapshot, letter: str) -> Ask | None:
        """See the port."""
        self._snapshot = snapshot
        self._sent.want(Sent(snapshot.about.vin))
        asked = self._asked
        before = asked.answer
        ask = asked.see(snapshot, letter)
        if asked.answer is not before:
            self._follow()
        here = self._here
        if here and self._seen and here != self._seen:
            self._slipped_at = snapshot.at
        self._seen = here
        return ask

    def _follow(self) -> None:
        self._cursor.follow([one.order or one.vin for one in self._orders()])

    @property
    def _here(self) -> str:
        """What is under the hand."""
        if self._one_by_one:
            orders = self._orders()
            one = orders[min(self._cursor.place, len(orders) - 1)] if orders else None
            return (one.order or one.vin) if one is not None else ""
        thing = self._under_hand()
        return key_of(thing) if thing is not None else ""

    @property
    def _asked(self) -> Inquiry:
        return self._of if self._opened is not None else self._sent

    def _things(self) -> list[Thing]:
        """Under way first, then the newest; sorted anew when there is something new, or a second is over."""
        sight = self._sight()
        if not isinstance(sight, SentSight):
            return []
        version = (id(sight), int(self._now))
        if version != self._sorted_of:
            self._sorted_of = version
            found: list[Thing] = [*sight.rollouts, *sight.plans]
            self._sorted = sorted(found, key=lambda one: (not under_way(one, self._now), -began(one)))
            self._blocks.follow([key_of(thing) for thing in self._sorted])
        return self._sorted

    def _sight(self) -> SentSight | Missing | None:
        found = self._sent.answer.value if self._sent.answer is not None and self._sent.current else None
        return found if isinstance(found, SentSight | Missing) else None

    def _orders(self) -> Sequence[OrderSeen]:
        """Those that are shown one by one."""
        if self._opened is None:
            sight = self._sight()
            return sight.orders if isinstance(sight, SentSight) else ()
        targeted = self._targeted()
        return targeted.orders if targeted is not None else ()

    def _targeted(self) -> Targeted | None:
        found = self._of.answer.value if self._of.answer is not None and self._of.current else None
        return found if isinstance(found, Targeted) else None

    @property
    def _one_by_one(self) -> bool:
        return self._opened is not None or bool(self._vin)

    def press(self, action: str, key: Key) -> Reply:
        """See the port."""
        reply = self._pressed(action, key)
        self._seen = self._here
        return reply

    def _pressed(self, action: str, key: Key) -> Reply:
        hand = self._cursor if self._one_by_one else self._blocks
        if action == "click":
            if key.at[1] in self._rows:
                hand.point(key.at[1] - self._rows.start)
                self._slipped_at = 0.0
            return DONE
        if hand.press(action):
            self._asked.touch()
            self._slipped_at = 0.0
            return DONE
        if action == "back":
            if self._opened is None:
                return None
            self._opened, self._cursor = None, ListCursor()
            self._follow()
            return DONE
        return self._acted(action) if action else None

    def _acted(self, action: str) -> Reply:
        (self._cursor if self._one_by_one else self._blocks).press("stay")
        self._asked.touch()
        of_order = action in {"open", "copy", "command"} and self._one_by_one
        if (of_order or not self._one_by_one) and self._slipped():
            return (Say("another one slipped under the cursor just now: once more, if you mean that", bad=True),)
        return self._about_order(action) if of_order else self._about_thing(action)

    def _slipped(self) -> bool:
        """Whether another thing came under the hand a moment ago; asked once, it is known."""
        at, self._slipped_at = self._slipped_at, 0.0
        return bool(at) and self._snapshot is not None and 0 <= self._snapshot.at - at < REST

    def _about_order(self, action: str) -> Reply:
        orders = self._orders()
        if not orders:
            return (Say("there is no order here", bad=True),)
        one = orders[min(self._cursor.place, len(orders) - 1)]
        if action == "command":
            return (Prepare((one.vin,)),)
        if self._opened is None:  # where the board is about the vehicle
            if action == "copy":
                return (Copy(one.order, "name of the order"),)
            self._open(PlanSeen(one.plan, "", one.at, "", "", one.command, 0))
            return DONE
        return (Copy(one.vin, "VIN"),) if action == "copy" else (Open("vehicle", About(vin=one.vin)),)

    def _about_thing(self, action: str) -> Reply:
        targeted, thing = self._targeted(), self._opened or self._under_hand()
        if targeted is not None and isinstance(thing, PlanSeen) and self._opened is not None:
            thing = targeted.plan
        if thing is None:
            return (Say("choose a plan or a rollout first", bad=True),)
        if action == "open":
            if isinstance(thing, RolloutSeen) and not thing.ours:
                return (Say("its vehicles are in the journal of who runs it, not in this one", bad=True),)
            self._open(thing)
            return DONE
        if action == "copy":
            return (Copy(key_of(thing), "name"),)
        if action == "command":
            return (Say("choose vehicles: Enter shows those of a plan", bad=True),)
        why = cannot(action, thing, self._now, opened=self._opened is not None)
        return (Say(why, bad=True),) if why else (steer(action, thing),)

    def _open(self, thing: Thing) -> None:
        self._opened, self._cursor = thing, ListCursor()
        self._of.want(TargetsOf(thing.digest if isinstance(thing, PlanSeen) else thing.plan))

    def _under_hand(self) -> Thing | None:
        things = [] if self._one_by_one else self._things()
        return things[min(self._blocks.place, len(things) - 1)] if things else None

    def draw(self, width: int, height: int) -> Sequence[Line]:
        """Names of columns, then what there is; at the end more about what is under the hand."""
        asked, self._rows = self._asked, range(0)
        value = asked.answer.value if asked.answer is not None and asked.current else None
        if isinstance(value, Missing):
            return missing_lines(value, width)
        if value is None:
            return [((" looking ...", "dim"),)]
        if self._one_by_one:
            return self._drawn_orders(width, height)
        things = self._things()
        notes = value.notes if isinstance(value, SentSight) else ()
        tail: list[Line] = [((" " + safe(text, 300), "warn"),) for text in notes]
        if not things:
            return [*wrapped(_NONE, width, "dim"), *tail]
        tail += [orders_lines.foot(things[self._blocks.place], self._now)] if height >= _FOOT else []
        room = max(height - 1 - len(tail), 1)

        if self._drawn_of != (key := (self._sorted_of, width)):
            self._drawn, self._drawn_of = {}, key

        def block(number: int) -> Sequence[Line]:
            if number not in self._drawn:
                first, *rest = orders_lines.block(things[number], self._now, width)
                self._drawn[number] = [(*first, (" " * width, "")), *rest]
            return self._drawn[number]

        shown = self._blocks.lines([orders_lines.height(thing) for thing in things], block, room)
        top = [orders_lines.head(width)] if height > 1 else []
        self._rows = range(len(top), len(top) + len(shown))
        return [*top, *shown, *[()] * (room - len(shown)), *tail]

    def _drawn_orders(self, width: int, height: int) -> Sequence[Line]:
        orders, targeted, of_vehicle = self._orders(), self._targeted(), self._opened is None
        if not orders:
            return [((" nothing was sent to it from here" if of_vehicle else " it has no vehicles", "dim"),)]
        top: list[Line] = []
        if targeted is not None and not of_vehicle and height > _TALL:
            top = [orders_lines.head(width), orders_lines.block(targeted.plan, self._now, width)[0], ()]
        rest = targeted.rest if targeted is not None and not of_vehicle else 0
        tail: list[Line] = [((f" and {rest:,} more: cdctl cmd status PLAN -o wide", "dim"),)] if rest else []
        if height >= _FOOT:
            tail.append(orders_targets.foot(orders[min(self._cursor.place, len(orders) - 1)]))
        window = self._cursor.fit(max(height - len(top) - 1 - len(tail), 1))
        place = self._cursor.place - self._cursor.top
        lines: list[Line] = []
        for number, one in enumerate(orders[window]):
            line = (*orders_targets.line(one, self._now, of_vehicle=of_vehicle), (" " * width, ""))
            lines.append(with_role(line, "cursor" if number == place else ""))
        self._rows = range(len(top) + 1, len(top) + 1 + len(lines))
        lines += [()] * (height - len(top) - 1 - len(tail) - len(lines))
        return [*top, orders_targets.head(width, of_vehicle=of_vehicle), *lines, *tail]

    def data(self) -> Mapping[str, object]:
        """Plans as `cmd status -o json` has them, rollouts as `rollout ls -o json`; orders as `cmd status PLAN`."""
        sight = self._sight()
        if isinstance(sight, Missing):
            return {"missing": sight.reason, "rows": []}
        if self._one_by_one:
            return {"rows": [orders_data.order(one) for one in self._orders()]}
        plans = [orders_data.plan(one) for one in sight.plans] if sight is not None else []
        rollouts = [orders_data.rollout(one) for one in sight.rollouts] if sight is not None else []
        notes = list(sight.notes) if sight is not None else []
        return {"plans": plans, "rollouts": rollouts, "notes": notes, "rows": plans}


def make(settings: Mapping[str, object]) -> Orders:
    """A panel; it has no settings."""
    return Orders()


PLUGIN = Plugin(API, "panels", "orders", "1", "rollouts by wave and plans: how far they are; pause, abort, retry", make)
