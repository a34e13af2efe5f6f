"""Makes one archive of byte code of a standard library, for programs that start often.

    library.py FOLDER ARCHIVE.zip

This runs under the interpreter that will read it, so that the byte code is of its version, and
under no other. The archive holds no sources and is not compressed: there may be no zlib. What no
program there can use stays out: tests, windows, processes, installers, databases in C. The
same folder gives the same bytes.
"""

import importlib.util
import marshal
import os
import sys
import zipfile

LEFT_OUT = {
    "__pycache__",
    "curses",
    "dbm",
    "distutils",
    "ensurepip",
    "idlelib",
    "lib2to3",
    "multiprocessing",
    "pydoc_data",
    "site-packages",
    "sqlite3",
    "test",
    "tests",
    "tkinter",
    "turtledemo",
    "venv",
}
HEADER = importlib.util.MAGIC_NUMBER + bytes(12)  # of no source: neither its time nor its size


def modules(folder: str, inside: str = "") -> list[str]:
    """The paths of all modules below a folder, relative to it, sorted."""
    found = []
    for name in sorted(os.listdir(os.path.join(folder, inside))):
        path = f"{inside}{name}"
        if name in LEFT_OUT:
            continue
        if os.path.isdir(os.path.join(folder, path)):
            found += modules(folder, f"{path}/")
        elif name.endswith(".py"):
            found.append(path)
    return found


def main(folder: str, archive: str) -> None:
    sys.setrecursionlimit(5000)
    shown = os.path.basename(archive)
    with zipfile.ZipFile(archive, "w") as made:
        for path in modules(folder):
            with open(os.path.join(folder, path), "rb") as stream:
                source = stream.read()
            try:
                code = compile(source, f"{shown}/{path}", "exec", dont_inherit=True)
            except SyntaxError:
                continue  # an example of one
            made.writestr(zipfile.ZipInfo(f"{path}c"), HEADER + marshal.dumps(code))


if __name__ == "__main__":
    main(*sys.argv[1:])
