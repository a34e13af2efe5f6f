"""What the halves of a run must have in common: manifests, tools, sources, molt_build itself."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import molt_build
from molt_build.latency.selection import Cell
from molt_build.latency.workspace import left_out, project_paths, switches
from molt_build.manifests.model import Manifests
from molt_build.measure.environment import Environment
from molt_build.plain import to_plain
from molt_build.store.digest import digest_value


def fingerprint(
    project: Path,
    manifests: Manifests,
    cells: Sequence[Cell],
    identities: Mapping[str, str],
    environment: Environment,
) -> dict[str, str]:
    """Name -> digest of everything that a cell's seconds depend on; the names are for messages."""
    chosen = {cell.case.name: cell for cell in cells}
    folders = sorted({path for cell in cells for path in project_paths(manifests, cell)})
    return {
        **{f"case {name}": digest_value(to_plain(c.case)) for name, c in chosen.items()},
        **{
            f"profile {name}": digest_value(to_plain(manifests.profiles[name]))
            for name in sorted({cell.case.profile for cell in cells})
        },
        **{f"toolchain {name}": identity for name, identity in identities.items()},
        **{
            f"manifest of {name}": digest_value(to_plain(manifests.toolchains[name]))
            for name in identities
        },
        **{f"files in {path}": _digest(project / path) for path in folders},
        "molt_build": _digest(Path(molt_build.__file__).parent),
        "the machine": digest_value(environment.machine_class),
        "the switches": digest_value(switches()),
        "Python": digest_value([sys.version, sys.executable]),
    }


def _digest(path: Path) -> str:
    """The digest of a file, or of all files below a folder with their relative paths."""
    digest = hashlib.sha256()
    for file in _files(path):
        digest.update(f"{file.relative_to(path.parent)}\0".encode(errors="surrogateescape"))
        try:
            digest.update(hashlib.sha256(file.read_bytes()).digest())
        except OSError:
            digest.update(b"unreadable")
    return "sha256:" + digest.hexdigest()


def _files(path: Path) -> Iterable[Path]:
    if not path.is_dir():
        return [path]
    found = []
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(set(folders) - left_out(folder, folders))
        found += [Path(folder, name) for name in sorted(set(names) - left_out(folder, names))]
    return found
