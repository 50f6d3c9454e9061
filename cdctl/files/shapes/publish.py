"""Shapes written as JSON Schema, draft 2020-12, for editors and other tools."""

from __future__ import annotations

from collections.abc import Iterable

from cdctl.files.shapes.containers import Bag, Either, Fields, Listing
from cdctl.files.shapes.rules import Rule, Schema
from cdctl.files.shapes.scalars import Flag, Number, Text
from cdctl.files.shapes.shape import Anything, Shape

DRAFT = "https://json-schema.org/draft/2020-12/schema"


class Publisher:
    """Writes shapes; those that have a name (`Fields.ref`) are written once, into `definitions`."""

    def __init__(self) -> None:
        self.definitions: dict[str, Schema] = {}

    def write(self, shape: Shape) -> Schema:
        """The schema of a shape, or a reference to its definition."""
        match shape:
            case Fields(ref="") | Bag() | Listing() | Either() | Text() | Number() | Flag() | Anything():
                body = self._body(shape)
                return {"description": shape.doc, **body} if shape.doc else body
            case Fields():
                if shape.ref not in self.definitions:
                    self.definitions[shape.ref] = {}
                    self.definitions[shape.ref] = self._body(shape)
                return {"description": shape.doc, "$ref": f"#/$defs/{shape.ref}"}
        raise TypeError(f"no schema for {type(shape).__name__}")

    def _body(self, shape: Shape) -> Schema:
        body: Schema = {}
        match shape:
            case Text():
                body = _text(shape)
            case Number():
                body = _number(shape)
            case Flag():
                body = {"type": "boolean"}
            case Fields():
                body = self._fields(shape)
            case Bag():
                body = self._bag(shape)
            case Listing():
                body = self._listing(shape)
            case Either():
                body = {"anyOf": [self.write(option) for option in shape.options]}
        return body

    def _fields(self, shape: Fields) -> Schema:
        properties = {key: self._property(shape, key) for key in shape.keys}
        body: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
        if shape.required:
            body["required"] = list(shape.required)
        return body | _rules(shape.rules)

    def _property(self, owner: Fields, key: str) -> Schema:
        shape = owner.keys[key]
        schema = self.write(shape)
        if not shape.nullable or key in owner.required or isinstance(shape, Anything):
            return schema
        doc = {"description": schema.pop("description")} if "description" in schema else {}
        return {**doc, "anyOf": [schema, {"type": "null"}]}

    def _bag(self, shape: Bag) -> Schema:
        body: Schema = {"type": "object", "additionalProperties": self.write(shape.value)}
        if shape.known:
            body["properties"] = {key: self.write(value) for key, value in shape.known.items()}
        if prefix := shape.names.reserved:
            known = "|".join(key.removeprefix(prefix) for key in shape.known)
            allowed = f"(?!(?:{known})$)" if known else ""
            body["patternProperties"] = {f"^{prefix.replace('.', '[.]')}{allowed}": False}
        if shape.names.pattern:
            body["propertyNames"] = {"pattern": f"^(?:{shape.names.pattern})$"}
        if shape.least:
            body["minProperties"] = shape.least
        return body | _rules(shape.rules)

    def _listing(self, shape: Listing) -> Schema:
        bounds = {"minItems": shape.least, "maxItems": shape.most}
        body: Schema = {"type": "array", "items": self.write(shape.item)}
        return body | {key: bound for key, bound in bounds.items() if bound}


def _text(shape: Text) -> Schema:
    body: Schema = {"type": ["string", "number", "boolean"] if shape.loose else "string"}
    if shape.choices:
        body["enum"] = list(shape.choices)
    if shape.pattern:
        body["pattern"] = f"^(?:{shape.pattern})$"
    if shape.filled:
        body["minLength"] = 1
    if shape.longest:
        body["maxLength"] = shape.longest
    return body


def _number(shape: Number) -> Schema:
    bounds = {
        "minimum": shape.at_least,
        "exclusiveMinimum": shape.above,
        "maximum": shape.at_most,
        "exclusiveMaximum": shape.below,
    }
    return {"type": "number"} | {key: bound for key, bound in bounds.items() if bound is not None}


def _rules(rules: Iterable[Rule]) -> Schema:
    schemas = [rule.schema for rule in rules]
    return {"allOf": schemas} if schemas else {}
