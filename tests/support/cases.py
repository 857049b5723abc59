"""Inputs that break a model's constraints, one case a constraint and place, made from the model alone."""

import dataclasses

from . import matching

#: Longer texts than this are not sent: messages repeat no more than 32 Ki characters of a value.
LONGEST = 20_000
#: Longer lists and larger maps than this are not sent, for the same reason.
MOST_ELEMENTS = 500


@dataclasses.dataclass
class Wrong:
    """A value of another kind than its shape. `token` is AWS's word for it, `kind` the shape's."""

    raw: object
    token: str
    kind: str

    def message(self, awsjson_1_0):
        """What AWS says of it; DynamoDB, of awsJson 1.0, in words of its own."""
        if self.token == "list":
            return "Start of list found where not expected"
        if self.token == "structure":
            return "Start of structure or map found where not expected."
        if self.kind in ("List", "Map"):
            return f"Expected {self.kind.lower()} or null"
        if self.kind == "Structure":
            return "Expected null"
        if awsjson_1_0:
            return f"{self.token} cannot be converted to {self.kind}"
        article = "an" if self.kind[0] in "AEIOU" else "a"
        return f"{self.token} can not be converted to {article} {self.kind}"


@dataclasses.dataclass
class Case:
    """One input: what it breaks (`required`, `max`, `min`, `pattern`, `enum`, `null` or `type`), where, and the input."""

    operation: str
    breaks: str
    where: str
    value: dict
    wrong: Wrong | None = None

    def __str__(self):
        return f"{self.operation} {self.breaks} at {self.where}"


SCALARS = {"string": "String", "character": "String", "blob": "Blob", "boolean": "Boolean", "integer": "Integer",
           "long": "Long", "float": "Double", "double": "Double", "timestamp": "Timestamp"}
KINDS = {**SCALARS, "list": "List", "map": "Map", "structure": "Structure"}


def cases(service, operation):
    """Every case of an operation."""
    name = service.input(operation)
    if name is None:
        return
    shape = service.shape(name)
    for breaks, where, value in _members(service, shape, (name,)):
        yield Case(operation, breaks, where.lstrip("."), value, _find_wrong(value))


def sample(service, name, stack=()):
    """The least valid value of a shape; none if there is no end to it."""
    shape = service.shape(name)
    kind = shape["type"]
    if name in stack:
        return None
    stack = (*stack, name)
    if kind == "structure":
        if shape.get("document"):
            return {"any": "thing"}
        members = shape.get("members", {})
        chosen = shape.get("required", ())
        if shape.get("union"):
            chosen = list(members)[:1]
        value = {member: sample(service, members[member]["shape"], stack) for member in chosen}
        return None if None in value.values() else value
    if kind == "list":
        element = sample(service, shape["member"]["shape"], stack)
        return None if element is None else [element] * max(1, shape.get("min", 0))
    if kind == "map":
        element = sample(service, shape["value"]["shape"], stack)
        keys = _keys(service, shape["key"]["shape"], max(1, shape.get("min", 0)))
        return None if element is None else {key: element for key in keys}
    if kind in ("string", "character"):
        return _text(shape)
    if kind == "blob":
        return b"x" * max(1, shape.get("min", 0))
    if kind == "boolean":
        return True
    if kind == "timestamp":
        return 1_700_000_000
    return min(max(1, shape.get("min", 1)), shape.get("max", 1_000_000))


def _text(shape):
    if shape.get("enum"):
        return shape["enum"][0]
    least, most = shape.get("min", 0), shape.get("max")
    if "pattern" not in shape:
        return "a" * max(1, least)
    found = matching.example(shape["pattern"], least, most)
    # What no example was found for is told with the violation that is meant.
    return "a" * max(1, least) if found is None else found


def _keys(service, name, count):
    first = _text(service.shape(name))
    return [first] if count == 1 else [f"{first}{index}" for index in range(count)]


def _find_wrong(value):
    if isinstance(value, Wrong):
        return value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((found for found in map(_find_wrong, inner) if found), None)


def _members(service, shape, stack):
    """A structure's cases: each has one member that is missing or bad, and what else is required."""
    members = shape.get("members", {})
    base = {} if shape.get("union") else {m: sample(service, members[m]["shape"]) for m in shape.get("required", ())}
    if None in base.values():
        return
    for member in shape.get("required", ()):
        yield "required", f".{member}", {m: v for m, v in base.items() if m != member}
    for member, reference in members.items():
        for breaks, where, value in _bad(service, reference["shape"], stack):
            yield breaks, f".{member}{where}", {**base, member: value}


def _bad(service, name, stack):
    """Bad values of a shape, and values with something bad in them."""
    shape = service.shape(name)
    kind = shape["type"]
    if name in stack or shape.get("eventstream"):
        return
    stack = (*stack, name)
    if kind in ("string", "character"):
        yield from _bad_text(shape)
    elif kind in ("integer", "long", "float", "double"):
        yield from (("max", "", shape["max"] + 1) for _ in "x" if "max" in shape)
        yield from (("min", "", shape["min"] - 1) for _ in "x" if "min" in shape)
    elif kind == "blob":
        yield from (("max", "", b"x" * (shape["max"] + 1)) for _ in "x" if shape.get("max", LONGEST) < LONGEST)
        yield from (("min", "", b"x" * (shape["min"] - 1)) for _ in "x" if shape.get("min", 0) > 0)
    elif kind == "list":
        yield from _bad_list(service, shape, stack)
    elif kind == "map":
        yield from _bad_map(service, shape, stack)
    elif kind == "structure" and not shape.get("document"):
        yield from _members(service, shape, stack)
    if not shape.get("document"):
        yield from (("type", "", wrong) for wrong in _wrong(kind))


def _bad_text(shape):
    least, most = shape.get("min", 0), shape.get("max")
    if most is not None and most < LONGEST:
        pattern = shape.get("pattern")
        long = matching.example(pattern, most + 1) if pattern else None
        yield "max", "", long or "a" * (most + 1)
    if least > 0:
        yield "min", "", (_text(shape) or "a")[: least - 1]
    if "pattern" in shape:
        yield from (("pattern", "", text) for text in matching.breaking(shape["pattern"], least, most)[:2])
    if shape.get("enum"):
        yield "enum", "", "NoSuchValue"


def _bad_list(service, shape, stack):
    element = sample(service, shape["member"]["shape"])
    if element is None:
        return
    if shape.get("max", LONGEST) < MOST_ELEMENTS:
        yield "max", "", [element] * (shape["max"] + 1)
    if shape.get("min", 0) > 0:
        yield "min", "", [element] * (shape["min"] - 1)
    rest = [element] * max(0, shape.get("min", 0) - 1)
    yield "null", ".member", [None, *rest]
    for breaks, where, value in _bad(service, shape["member"]["shape"], stack):
        yield breaks, f".member{where}", [value, *rest]


def _bad_map(service, shape, stack):
    element = sample(service, shape["value"]["shape"])
    if element is None:
        return
    first = _text(service.shape(shape["key"]["shape"]))
    if shape.get("max", LONGEST) < MOST_ELEMENTS:
        yield "max", "", {f"{first}{index}": element for index in range(shape["max"] + 1)}
    if shape.get("min", 0) > 0:
        yield "min", "", {}
    yield "null", ".value", {first: None}
    for breaks, where, value in _bad(service, shape["value"]["shape"], stack):
        yield breaks, f".value{where}", {first: value}
    for breaks, where, key in _bad(service, shape["key"]["shape"], stack):
        if isinstance(key, str):
            yield breaks, f".key{where}", {key: element}


def _wrong(kind):
    expected = KINDS[kind]
    given = [("x", "STRING_VALUE"), (7, "NUMBER_VALUE"), (True, "TRUE_VALUE"), (False, "FALSE_VALUE"), ([], "list"),
             ({}, "structure")]
    fits = {"String": ("STRING_VALUE",), "Blob": ("STRING_VALUE",), "Boolean": ("TRUE_VALUE", "FALSE_VALUE"),
            "List": ("list",), "Map": ("structure",), "Structure": ("structure",)}
    fitting = fits.get(expected, ("NUMBER_VALUE",))
    return [Wrong(raw, token, expected) for raw, token in given if token not in fitting]
