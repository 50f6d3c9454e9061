"""The one language that picks vehicles: the same text selects the same vehicles in every command, view and plugin.

    region:eu sw<23-07.60 soc<20 online age>5m      terms separated by spaces are ANDed
    (model:i4,i7 | model:ix*) -dtc:P0A9B            | is or, - is not, a,b is any of, * is a glob
    vin~"^WBA.*7$" WBA12                            ~ is an RE2 regex, a bare word is a VIN prefix

A value that is not known is neither equal nor unequal: Kleene's three-valued logic, and only what is true matches.
"""

from cdctl.domain.fleet.selection.fields import Field, Kind, View
from cdctl.domain.fleet.selection.masks import Match, Selection
from cdctl.domain.fleet.selection.parser import parse
from cdctl.domain.fleet.selection.tree import SelectionError

__all__ = ["Field", "Kind", "Match", "Selection", "SelectionError", "View", "select"]


def select(text: str, fields: dict[str, Field]) -> Selection:
    """The selection that `text` describes over a fleet with these fields; empty text is every vehicle.

    Raises SelectionError, with a caret under the place, for bad syntax, an unknown field, or a value that does not
    suit its field.
    """
    return Selection(text, parse(text, fields))
