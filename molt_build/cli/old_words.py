"""Words of the command line that are spelled otherwise now: understood for one version more.

They are put into the new ones before anything is parsed, so that no command knows of them, and
neither do `--help`, completion and what is recorded of a run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

COMMANDS: Mapping[str, str] = {"compile-progress": "compile_progress"}
OPTIONS: Mapping[str, Mapping[str, str]] = {
    "bench": {
        "--bench": "--program",
        "--only-toolchain": "--engine",
        "--toolchain": "--add-engine",
    },
    "compile_progress": {"--only": "--case", "--workload": "--program", "--toolchain": "--engine"},
    "compare": {"--job": "--lane"},
    "export": {"--lane": "--job"},
    "report": {"--run": "--from"},
}


def as_now(words: Sequence[str], place: int | None) -> tuple[list[str], list[str]]:
    """A command line in the words of now, and a note for each that was put in another's place.

    `place` is that of the command, None where there is none.
    """
    if place is None:
        return list(words), []
    command = COMMANDS.get(words[place], words[place])
    options = OPTIONS.get(command, {})
    notes = [] if command == words[place] else [note(words[place], command)]
    now = [*words[:place], command]
    for word in words[place + 1 :]:
        if word == "--":
            options = {}
        name, equals, value = word.partition("=")
        if name in options:
            notes.append(note(name, options[name]))
            word = options[name] + equals + value
        now.append(word)
    return now, list(dict.fromkeys(notes))


def note(old: str, new: str) -> str:
    """What is said to who uses an old word."""
    return f"note: {old} is now {new}; the old word works until the next version"
