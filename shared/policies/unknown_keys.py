"""The message for an unknown key: where it belongs, or which key was probably meant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from shared.core.schema.grammar import REQUIRED, Document, Field, Kind, Labels, Sequence, Table, Variants
from shared.core.schema.kinds import Scalar
from shared.core.schema.words import Unfit, Word

MOST_PLACES = 3
ALMOST_CERTAIN, LIKELY = 0.8, 0.6  # how similar two keys are, for difflib


class Spot(NamedTuple):
    """A place in a schema where a key is known. keys: those that lead there; kinds: the kind of each."""

    keys: tuple[str, ...]
    kinds: tuple[Kind, ...]
    field: Field

    def __str__(self) -> str:
        return ".".join(self.keys) or "the top level"


def unknown_key(key: str, kind: Table | Variants, root: Kind) -> str:
    """Return the message for a key that a mapping of this kind does not have. root: the kind of the whole file."""
    if key in kind.hints:
        return kind.hints[key]
    below = _nearest(_spots(kind, key))
    if below:
        return _belongs(below)
    known = [field.key for field in kind.fields]
    if near := _similar(key, known, ALMOST_CERTAIN):
        return f"unknown key{_strange(key)}; did you mean {near}?"
    if elsewhere := _nearest(_spots(root, key)):
        return _belongs(elsewhere)
    near = _similar(key, known, LIKELY)
    remedy = f"did you mean {near}?" if near else f"known keys: {', '.join(known)}"
    return f"unknown key{_strange(key)}; {remedy}"


def _spots(kind: Kind, key: str, keys: tuple[str, ...] = (), kinds: tuple[Kind, ...] = ()) -> Iterator[Spot]:
    """Yield every place of a key in a kind and below it."""
    if isinstance(kind, Sequence):
        yield from _spots(kind.of, key, keys, kinds)
    elif isinstance(kind, Table | Variants):
        for field in kind.fields:
            if field.key == key:
                yield Spot(keys, kinds, field)
            yield from _spots(field.kind, key, (*keys, field.key), (*kinds, field.kind))
    elif isinstance(kind, Labels) and kind.key is not None and _accepts(kind.key, key):
        yield Spot(keys, kinds, Field(key, kind.value, ""))


def _accepts(kind: Scalar[Any], key: str) -> bool:
    try:
        kind.read(Word(key))
    except Unfit:
        return False
    return True


def _nearest(spots: Iterator[Spot]) -> list[Spot]:
    """Return the places that a message can list: all, or those with the shortest paths, or none if these are many."""
    found = sorted(spots, key=lambda spot: len(spot.keys))
    if len(found) > MOST_PLACES:
        found = [spot for spot in found if len(spot.keys) == len(found[0].keys)]
    return found if len(found) <= MOST_PLACES else []


def _belongs(spots: list[Spot]) -> str:
    *others, last = (str(spot) for spot in spots)
    places = f"{', '.join(others)} or {last}" if others else last
    first = spots[0]
    if not first.keys or isinstance(first.field.kind, Document):
        return f"belongs {'at' if not first.keys else 'in'} {places}"
    return f"belongs in {places}, like {_example(first)}"


def _example(spot: Spot) -> str:
    """Return a place as one would write it, with the keys that are required on the way."""
    text = _with_example(spot.field)
    known = spot.field.key
    for key, kind in zip(reversed(spot.keys), reversed(spot.kinds), strict=True):
        table = kind.of if isinstance(kind, Sequence) else kind
        text = f"{{{', '.join([*_required(table, known), text])}}}"
        text = f"{key}: [{text}]" if isinstance(kind, Sequence) else f"{key}: {text}"
        known = key
    return text


def _with_example(field: Field) -> str:
    """Return a key with an example of its value; some kinds have two, with `or` between them."""
    return f"{field.key}: {field.kind.example.split(' or ')[0]}"


def _required(kind: Kind, known: str) -> list[str]:
    """Return the other keys that a table requires, each with an example."""
    fields = kind.fields if isinstance(kind, Table) else ()
    return [
        _with_example(field)
        for field in fields
        if field.key != known and isinstance(kind, Table) and kind.default(field) is REQUIRED
    ]


def _similar(key: str, known: list[str], least: float) -> str | None:
    import difflib  # noqa: PLC0415 -- 2 ms, and only a wrong policy needs it

    return next(iter(difflib.get_close_matches(key, known, n=1, cutoff=least)), None)


def _strange(key: str) -> str:
    """Name the first character that looks like another one on a screen, or is invisible."""
    import unicodedata  # noqa: PLC0415 -- only a wrong policy needs it

    found = next((character for character in key if not character.isascii() and not character.isalnum()), None)
    return f" containing {unicodedata.name(found, '?')} (U+{ord(found):04X})" if found else ""
