"""What a stored output is: a file, or a folder.

A folder's path ends with "/". Its blob is the document that lists what it holds
(`molt_build.store.tree`); the files in it are blobs of their own, which folders share.
"""

from __future__ import annotations

from dataclasses import dataclass

from molt_build.codec import added


@dataclass(frozen=True)
class Blob:
    """A stored output: where it belongs, what it holds, and whether it is to be executed."""

    path: str  # relative to the staging directory
    xxh3: str
    sha256: str
    size_bytes: int  # of a folder: of all its files
    is_executable: bool
    is_stored: bool = added(True)  # False: it stayed out of the store when it was made

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder, and not a file."""
        return self.path.endswith("/")
