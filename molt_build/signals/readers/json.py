"""A number in JSON documents, where a pointer (RFC 6901) says; of several documents their sum."""

from __future__ import annotations

import json
import math
from typing import Any

from molt_build.manifests.signal import JsonReader
from molt_build.results.signals import SignalPart
from molt_build.signals.reading import (
    Material,
    NotRead,
    ReadFile,
    Reading,
    content,
    named,
    of_names,
    plain_files,
)


def read(how: JsonReader, material: Material) -> Reading:
    """The sum over all files; a part for each, or for each entry; raises `NotRead`."""
    values: dict[str, float] = {}
    entries: dict[str, float] = {}
    for name, file in named(plain_files(material.files)):
        found = pointed_to(_document(file), how.pointer, file.name)
        where = f"{file.name}, at {how.pointer or 'the whole document'},"
        if how.take == "sum":
            of_file = _numbers(found, where)
            for key, number in of_file.items():
                entries[key] = entries.get(key, 0) + number
            value: float = sum(of_file.values())
        else:
            value = _length(found, where) if how.take == "length" else _number(found, where)
        values[name] = values.get(name, 0) + value
    parts: tuple[SignalPart, ...] = ()
    if how.take == "sum":
        parts = of_names(entries)
    elif len(values) > 1:
        parts = of_names(values)
    return Reading(sum(values.values()), parts)


def pointed_to(document: Any, pointer: str, name: str) -> Any:
    """What a pointer means in a document; raises `NotRead` where it means nothing.

    `name` is what the document is called.
    """
    here, found = "", document
    for written in pointer.split("/")[1:]:
        token = written.replace("~1", "/").replace("~0", "~")
        above, here = here or "the top", f"{here}/{written}"
        if isinstance(found, dict):
            if token not in found:
                raise NotRead(f"{name} has no key {token!r} at {above}")
            found = found[token]
        elif isinstance(found, list):
            is_place = token.isascii() and token.isdigit() and (token == "0" or token[0] != "0")
            if not is_place or int(token) >= len(found):
                raise NotRead(f"{name} has no place {token} at {above}, a list of {len(found)}")
            found = found[int(token)]
        else:
            raise NotRead(f"{name} has neither keys nor places at {above}")
    return found


def _document(file: ReadFile) -> Any:
    try:
        return json.loads(content(file))
    except (ValueError, RecursionError) as error:
        raise NotRead(f"{file.name} is no JSON: {error}") from None


def _number(value: Any, where: str) -> float:
    is_one = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_one or not math.isfinite(value):
        raise NotRead(f"{where} is no number")
    number: float = value
    return number


def _numbers(value: Any, where: str) -> dict[str, float]:
    if isinstance(value, dict):
        return {key: _number(one, f"{where} {key}") for key, one in value.items()}
    if isinstance(value, list):
        return {str(place): _number(one, f"{where} {place}") for place, one in enumerate(value)}
    raise NotRead(f"{where} is neither an object nor a list")


def _length(value: Any, where: str) -> int:
    if isinstance(value, dict | list | str):
        return len(value)
    raise NotRead(f"{where} has no length: it is no object, list or text")
