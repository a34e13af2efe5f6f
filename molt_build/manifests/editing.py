"""Manifests edited where they stand, as a person would: comments and layout stay.

A file is replaced whole, and only where the edit says what it should: it is read once more, and
holds what was there before, and what was to be changed. It need not be valid otherwise.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from molt_build.errors import EnvironmentFailed, ManifestError, UsageError
from molt_build.manifests.search import ManifestFile, manifest_files
from molt_build.names import known
from molt_build.temporary import write_whole


def own_manifest(project: Path, kind: str, name: str) -> Path:
    """The file that declares it; `UsageError` when that is not the project's own."""
    found: dict[str, ManifestFile] = {}
    for file in manifest_files(str(project)):
        try:
            content = tomllib.loads(read_manifest(Path(file.path)))
        except ManifestError:
            continue  # not the one that is asked for, as far as can be told
        if content.get("kind") == kind and isinstance(content.get("name"), str):
            found.setdefault(content["name"], file)
    known(kind, name, found)
    if found[name].is_bundled:
        message = f"the {kind} {name} comes with molt_build: what it says is not the project's"
        raise UsageError(message, f"copy its manifest into manifests/{kind}s/ and change that")
    return Path(os.path.realpath(found[name].path))


def read_manifest(file: Path) -> str:
    """Its text; raises `ManifestError` where it is no TOML."""
    try:
        text = file.read_bytes().decode("utf-8")
        tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise ManifestError(f"{file}: {error}") from error
    return text


def replace_manifest(file: Path, text: str) -> None:
    """Write it, all or nothing; raises `EnvironmentFailed`."""
    try:
        write_whole(file, text, mode=file.stat().st_mode & 0o777)
    except OSError as error:
        raise EnvironmentFailed(f"{file} cannot be written: {error.strerror}") from error


def with_row(text: str, key: str, row: Mapping[str, Any]) -> str:
    """A manifest's text with one more `[[key]]` at its end.

    Raises `UsageError` where the key is written in a way that cannot be added to.
    """
    import tomlkit

    rows = tomlkit.aot()
    rows.append(tomlkit.item(dict(row)))
    edited = f"{text.rstrip()}\n\n{tomlkit.dumps({key: rows})}"
    wanted = tomllib.loads(text)
    try:
        wanted[key] = [*wanted.get(key, []), dict(row)]
        is_so = tomllib.loads(edited) == wanted
    except (TypeError, tomllib.TOMLDecodeError):
        is_so = False
    if not is_so:
        message = f"the manifest's {key} is written in a way that cannot be added to"
        raise UsageError(message, f"write each as a table, [[{key}]], or add it by hand")
    return edited


def with_values(text: str, keys: Sequence[str | int], values: Mapping[str, str | None]) -> str:
    """A manifest's text with these values in the table under `keys`; None takes a key away.

    A whole number among the keys is a place in a list. Raises `UsageError` where the table is
    written in a way that cannot be edited.
    """
    import tomlkit
    from tomlkit.items import Table

    document = tomlkit.parse(text)
    table: Any = table_under(document, keys)
    last = None  # of the keys that were there
    for key, value in values.items():
        if value is None:
            table.pop(key, None)
            continue
        if key in table:
            if table[key] != value:
                table[key] = value
        elif last is not None and isinstance(table, Table):
            # The public ways put it after the comments that belong to the next table.
            table.value._insert_after(last, key, tomlkit.item(value))
        else:
            table[key] = value
        last = key
    edited = tomlkit.dumps(document)
    wanted = tomllib.loads(text)
    plain = table_under(wanted, keys)
    plain.update(values)
    for key in [key for key, value in plain.items() if value is None]:
        del plain[key]
    if tomllib.loads(edited) != wanted:
        message = (
            f"the manifest's {'.'.join(map(str, keys))} is written so that it cannot be edited"
        )
        raise UsageError(message, "write it as one table, or write the values by hand")
    return edited


def table_under(table: Any, keys: Sequence[str | int]) -> Any:
    """What stands under the keys of a table, one after the other; {} where there is none."""
    for key in keys:
        table = table[key] if isinstance(key, int) else table.get(key, {})
    return table
