"""What AWS says of an input that breaks its model's constraints, made from the model alone.

The words and their order are those that AWS services were seen to use: pattern, then length or range, then values; for
what a list or map holds once, at the list or map, greatest and least first and last that it may not be null.
"""

from .matching import matches

#: Violations that one answer tells.
MOST = 10

#: Stands in a message for what Java prints of a structure, which nobody can know.
OPAQUE = "\ufffc"

NOT_NULL = "Member must not be null"


def violations(service, name, value):
    """All violations of an input, in AWS's words."""
    found = []
    _structure(service, service.shape(name), value, "", found)
    return found[:MOST]


def message(found):
    """The whole message."""
    noun = "error" if len(found) == 1 else "errors"
    return f"{len(found)} validation {noun} detected: " + "; ".join(found)


def _report(service, found, name, path, value, constraint):
    if value is None:
        shown = " null"
    elif service.shape(name).get("sensitive"):
        shown = ""
    else:
        shown = f" '{rendered(service, name, value)}'"
    found.append(f"Value{shown} at '{path}' failed to satisfy constraint: {constraint}")


def rendered(service, name, value):
    """A value as Java prints it."""
    shape = service.shape(name)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return f"java.nio.HeapByteBuffer[pos=0 lim={len(value)} cap={len(value)}]"
    if shape["type"] == "list":
        return f"[{', '.join(rendered(service, shape['member']['shape'], item) for item in value)}]"
    if shape["type"] == "map":
        inner = shape["value"]["shape"]
        return "{" + ", ".join(f"{key}={rendered(service, inner, item)}" for key, item in value.items()) + "}"
    if shape["type"] in ("float", "double"):
        return str(float(value))
    return OPAQUE if shape["type"] == "structure" else str(value)


def _structure(service, shape, value, prefix, found):
    for name, reference in shape.get("members", {}).items():
        path = prefix + name[:1].lower() + name[1:]
        inner = value.get(name)
        if inner is None:
            if name in shape.get("required", ()):
                _report(service, found, reference["shape"], path, None, NOT_NULL)
        else:
            _value(service, reference["shape"], inner, path, found)


def _value(service, name, value, path, found):
    shape = service.shape(name)
    for constraint in broken(shape, value):
        _report(service, found, name, path, value, constraint)
    if shape["type"] == "list":
        _held(service, name, value, shape["member"]["shape"], value, path, "Member must", found)
        for index, item in enumerate(value, start=1):
            _inner(service, shape["member"]["shape"], item, f"{path}.{index}.member", found)
    elif shape["type"] == "map":
        _held(service, name, value, shape["key"]["shape"], list(value), path, "Map keys must", found)
        _held(service, name, value, shape["value"]["shape"], list(value.values()), path, "Map value must", found)
        for key, item in value.items():
            _inner(service, shape["value"]["shape"], item, f"{path}.{key}.member", found)
    elif shape["type"] == "structure" and not shape.get("document"):
        _structure(service, shape, value, path + ".", found)


def _held(service, holder, whole, name, items, path, words, found):
    shape = service.shape(name)
    if any(item is None or broken(shape, item) for item in items):
        _report(service, found, holder, path, whole, f"{words} satisfy constraint: [{', '.join(_all(shape))}]")


def _inner(service, name, item, path, found):
    """Below an element, whose own constraints were told at its holder."""
    shape = service.shape(name)
    if item is None:
        return
    if shape["type"] == "structure" and not shape.get("document"):
        _structure(service, shape, item, path + ".", found)
    elif shape["type"] in ("list", "map"):
        _value(service, name, item, path, found)


def broken(shape, value):
    """A shape's own constraints that `value` breaks."""
    found = []
    if isinstance(value, str) and "pattern" in shape and not matches(shape["pattern"], value):
        found.append(_pattern(shape))
    measure = None
    if isinstance(value, (str, bytes, list, dict)):
        measure = len(value)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        measure = value
    if measure is not None:
        if "max" in shape and measure > shape["max"]:
            found.append(_most(shape))
        if "min" in shape and measure < shape["min"]:
            found.append(_least(shape))
    if isinstance(value, str) and shape.get("enum") and value not in shape["enum"]:
        found.append(_values(shape))
    return found


def _all(shape):
    """Every constraint, broken or not."""
    told = []
    if "max" in shape:
        told.append(_most(shape))
    if "min" in shape:
        told.append(_least(shape))
    if "pattern" in shape:
        told.append(_pattern(shape))
    if shape.get("enum"):
        told.append(_values(shape))
    return [*told, NOT_NULL]


def _bound(shape, limit):
    kind = shape["type"]
    if kind in ("integer", "long"):
        return "value", str(limit)
    return ("value", str(float(limit))) if kind in ("float", "double") else ("length", str(limit))


def _most(shape):
    noun, limit = _bound(shape, shape["max"])
    return f"Member must have {noun} less than or equal to {limit}"


def _least(shape):
    noun, limit = _bound(shape, shape["min"])
    return f"Member must have {noun} greater than or equal to {limit}"


def _pattern(shape):
    return f"Member must satisfy regular expression pattern: {shape['pattern']}"


def _values(shape):
    return f"Member must satisfy enum value set: [{', '.join(shape['enum'])}]"
