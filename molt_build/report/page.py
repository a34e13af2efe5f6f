"""Writing a published page or picture: whole, or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_page(file: Path, content: str) -> None:
    """Write the file by a temporary one beside it and a rename; its folder is made."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(
        "w", dir=file.parent, prefix=f".{file.name}.", encoding="utf-8", delete=False
    ) as stream:
        stream.write(content)
    try:
        os.chmod(stream.name, 0o644)
        os.replace(stream.name, file)
    except BaseException:
        os.unlink(stream.name)
        raise
