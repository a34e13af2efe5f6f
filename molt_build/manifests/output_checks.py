"""What no schema can say of what a stage reads and writes: its places, its streams, its fetches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from molt_build.manifests import placeholders
from molt_build.manifests.diagnostics import Finding, quote
from molt_build.manifests.parsed import Part
from molt_build.manifests.placeholder_checks import names_in
from molt_build.manifests.value_checks import leaves

STDIN = "it is a file in staging: {entry}, an input, or a path relative to the staging directory"


def findings(stage: Part, made: Mapping[str, Part]) -> Iterator[Finding]:
    """What is wrong with a stage; `made` is the path of every STAGE.OUTPUT.

    No two of a stage's inputs and outputs may lie in the same place.
    """
    taken = {
        made[wanted.text].text: f"the input {quote(wanted.key)}"
        for wanted in stage["inputs"].named_words()
        if wanted.text in made
    }
    for output in stage["outputs"].named_words():
        for path, whose in taken.items():
            if output.text.rstrip("/") == path.rstrip("/"):
                yield output.wrong(f"{quote(output.text)} is the path of {whose} already")
            elif is_inside(output.text, path) or is_inside(path, output.text):
                outer, inner = sorted((output.text, path), key=len)
                yield output.wrong(f"{quote(inner)} lies in the folder {quote(outer)} ({whose})")
        taken.setdefault(output.text, f"the output {quote(output.key)}")
    yield from _streams(stage)
    yield from _fetch(stage)


def is_inside(path: str, folder: str) -> bool:
    """Whether a path of a stage lies in one that is a folder."""
    return folder.endswith("/") and path.startswith(folder) and path != folder


def _streams(stage: Part) -> Iterator[Finding]:
    """What a command reads as its standard input, and the output that it prints."""
    stdin, stdout, outputs = stage["stdin"], stage["stdout"], stage["outputs"]
    names = names_in(stdin.text)
    outside = [name for name in names if name in placeholders.FOLDERS]
    if leaves(stdin.text) or outside:
        yield stdin.wrong(f"{quote(stdin.text)} is not in the staging directory", STDIN)
    for name in names:
        if name in outputs:
            yield stdin.wrong(f"{{{name}}} is an output of the stage itself", STDIN)
    if stdout.text:
        yield from stdout.among(outputs.keys, f"no output is named {quote(stdout.text)}", "outputs")
        path = outputs[stdout.text].text if stdout.text in outputs else ""
        if path.endswith("/"):
            yield stdout.wrong(f"the output {quote(stdout.text)} is a folder, and is not printed")
        elif path.startswith("{shard}/"):
            hint = "let the output lie in the staging directory"
            yield stdout.wrong(f"the output {quote(stdout.text)} lies in the shard", hint)


def _fetch(stage: Part) -> Iterator[Finding]:
    """A fetch is keyed by its lock files: nothing may ask for more."""
    fetch = stage["fetch"]
    if not fetch.value:
        return
    for key in ("depfile", "imports", "nondeterministic"):
        if key in stage:
            yield stage[key].wrong("has no place in a stage with fetch, whose locks are its key")
    if "inputs" in stage and stage["takes_source"].value is not True:
        yield fetch.wrong("its lock files are not staged", "takes_source = true stages them")
