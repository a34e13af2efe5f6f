"""A Python audit hook (PEP 578) that tells which files a compiler written in Python looked at.

It is run by the compiler, in its own interpreter, which need not know molt_build (Python 3.8 or
newer): a stage whose depfile has the format `python-audit` has the path of this file in its
environment as `AUDIT_HOOK`, and that of the depfile as `AUDIT_LOG`. Two lines at the compiler's
beginning are enough:

    if "AUDIT_HOOK" in os.environ:
        exec(open(os.environ["AUDIT_HOOK"]).read(), {})

A line of the log is a JSON list, of an event and its arguments; paths are absolute:

    ["open", PATH, MODE, FLAGS]                  a file was opened, or an attempt was made
    ["import", NAME, FILE, SYS_PATH, PACKAGE]    a module was looked for: in the folders PACKAGE, if
                                                 it is in a package, else in SYS_PATH; or (then
                                                 these are null) an extension module was loaded
    ["os.listdir", PATH], ["os.scandir", PATH]   a folder was listed
    ["error", WHAT]                              something could not be told

Lines are appended, so processes that were forked, or that run this file too, share one log. The
listings of the import system are left out: the names that it looks for are told.
"""

from __future__ import annotations

import os
import sys

_LISTED = ("os.listdir", "os.scandir")
_IMPORT_SYSTEM = "<frozen importlib"


def _letter(one: str) -> str:
    code = ord(one)
    if 32 <= code < 127 and one not in '"\\':
        return one
    if code < 0x10000:
        return f"\\u{code:04x}"
    return f"\\u{0xD7C0 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def _quoted(value: object) -> str:
    """A value as JSON, without any codec or module that may not be loaded yet."""
    if value is None:
        return "null"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(_quoted, value)) + "]"
    return '"' + "".join(map(_letter, str(value))) + '"'


def _whole(path: object) -> str:
    if path is None:
        return os.getcwd()
    if isinstance(path, int):
        return os.readlink(f"/proc/self/fd/{path}")
    return os.path.join(os.getcwd(), os.fsdecode(path))  # type: ignore[arg-type]


def _folders(paths: object) -> list[str]:
    return [_whole(path) for path in paths if isinstance(path, (str, bytes))]  # type: ignore[attr-defined]


def _install() -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_CLOEXEC", 0)
    log = os.open(os.environ["AUDIT_LOG"], flags, 0o666)
    told = set()

    def tell(*row: object) -> None:
        line = _quoted(row) + "\n"
        if line not in told:
            told.add(line)
            os.write(log, line.encode("ascii"))

    class Finder:
        """The first of the finders: it finds nothing, and sees each name that is looked for."""

        @staticmethod
        def find_spec(name: str, path: object = None, target: object = None) -> None:
            """Tell where the import system is about to look."""
            try:
                package = None if path is None else _folders(path)
                tell("import", name, None, _folders(sys.path), package)
            except Exception as error:
                tell("error", f"import of {name}: {error!r}")

    def hook(event: str, args: tuple[object, ...]) -> None:
        try:
            if event == "open":
                if not isinstance(args[0], int):
                    tell(event, _whole(args[0]), args[1], args[2])
            elif event in _LISTED:
                if not sys._getframe(1).f_code.co_filename.startswith(_IMPORT_SYSTEM):
                    tell(event, _whole(args[0]))
            elif event == "import":
                if args[1] is not None:
                    tell(event, args[0], _whole(args[1]), None, None)
                elif Finder not in sys.meta_path:
                    tell(event, args[0], None, _folders(args[2] or sys.path), None)
        except Exception as error:
            tell("error", f"{event}: {error!r}")

    sys.addaudithook(hook)
    sys.meta_path.insert(0, Finder)


if "AUDIT_LOG" in os.environ:
    _install()
