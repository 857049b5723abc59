"""Texts that a model's pattern matches, and some that it does not."""

import functools
import math
import re

import regex

#: Java's classes know ASCII only, `regex` does not unless told so in each place.
_ASCII = {"d": "0-9", "w": "0-9A-Za-z_", "s": r" \t\n\x0b\f\r"}

#: Texts to try where a pattern must not match; all of them can travel in headers.
STRANGE = ("!", "a b!", "?*", "<>", "~", "-", "_", "A", "0", "\u00e9")


def _translate(pattern):
    """A Java pattern in the words of `regex`."""
    out, in_class, position = [], 0, 0
    while position < len(pattern):
        c = pattern[position]
        if c == "\\" and position + 1 < len(pattern):
            following = pattern[position + 1]
            position += 2
            if following in _ASCII:
                out.append(_ASCII[following] if in_class else f"[{_ASCII[following]}]")
            elif following.lower() in _ASCII and not in_class:
                out.append(f"[^{_ASCII[following.lower()]}]")
            else:
                out.append("\\" + following)
            continue
        if c == "[":
            in_class += 1
            # A bracket inside a class stands for itself in models, which no Java program compiles.
            if in_class > 1:
                in_class, c = 1, "\\["
        elif c == "]" and in_class:
            in_class -= 1
        out.append(c)
        position += 1
    return "".join(out)


@functools.cache
def compiled(pattern):
    """The pattern, to be matched against a whole text."""
    return regex.compile(_translate(pattern), regex.VERSION0)


def matches(pattern, text):
    """Whether the whole of `text` matches."""
    return compiled(pattern).fullmatch(text) is not None


@functools.cache
def example(pattern, least=0, most=None):
    """A text of `least` to `most` characters that matches; none if none is found."""
    plain = ("a" * max(least, 1), "1" * max(least, 1), "A" * max(least, 1), "", "arn:aws:iam::123456789012:role/a")
    for text in (*plain, *_generated(pattern, least)):
        if len(text) >= least and (most is None or len(text) <= most) and matches(pattern, text):
            return text
    return None


def breaking(pattern, least=0, most=None):
    """Texts that do not match, those within the bounds first."""
    found = []
    for text in STRANGE:
        for count in (1, max(least, 1)):
            candidate = text * count
            if not matches(pattern, candidate):
                found.append(candidate)
    found.sort(key=lambda text: not (len(text) >= least and (most is None or len(text) <= most)))
    return found


def _generated(pattern, least):
    """Some texts made from the pattern's own parts."""
    try:
        tree = re._parser.parse(re.sub(r"\\p\{[^}]*\}", "a", _translate(pattern)))
    except re.error:
        return []
    # A repetition within a repetition multiplies: its root suffices there.
    repeats = (0, 1, math.isqrt(least) + 1, least)
    return [text for text in (_write(tree, repeat) for repeat in repeats) if text is not None]


def _write(tree, repeat):
    out = []
    for kind, argument in tree:
        name = str(kind)
        if name == "LITERAL":
            out.append(chr(argument))
        elif name == "NOT_LITERAL":
            out.append("a" if argument != ord("a") else "b")
        elif name == "ANY":
            out.append("a")
        elif name == "IN":
            out.append(_one_of(argument))
        elif name == "BRANCH":
            out.append(_write(argument[1][0], repeat))
        elif name == "SUBPATTERN":
            out.append(_write(argument[3], repeat))
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            low, high, inner = argument
            count = max(low, min(int(high), repeat))
            out.append(_write(inner, repeat) * count)
    return "".join(out)


def _one_of(items):
    excluded = any(str(kind) == "NEGATE" for kind, _ in items)
    if excluded:
        return next((c for c in "a1-_ " if not any(_holds(item, c) for item in items)), "a")
    return next((c for c in "a1A-_" if any(_holds(item, c) for item in items)), None) or _first(items)


def _holds(item, c):
    kind, argument = item
    if str(kind) == "LITERAL":
        return ord(c) == argument
    if str(kind) == "RANGE":
        return argument[0] <= ord(c) <= argument[1]
    return False


def _first(items):
    kind, argument = items[0]
    return chr(argument[0] if str(kind) == "RANGE" else argument)
