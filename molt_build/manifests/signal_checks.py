"""What no schema can say of a signal: that what it reads is made, and that its keys go together.

A signal that can never be read, or whose number would say nothing, is an error here and no empty
column of a table later.
"""

from __future__ import annotations

from collections.abc import Iterator

from molt_build.engines import parse
from molt_build.errors import UsageError
from molt_build.manifests import module_checks
from molt_build.manifests.built_checks import made_by
from molt_build.manifests.diagnostics import Finding, near_miss, quote
from molt_build.manifests.parsed import Definitions, Parsed, Part
from molt_build.manifests.placeholder_checks import names_in
from molt_build.manifests.signal import FILE, OF_FILES, OF_HISTORY, READERS
from molt_build.manifests.value_checks import has_target, known

SOURCES = ("outputs", "files", "command")
CODE_READERS = ("elf", "wasm")  # those that are a `CodeReader`
DEFAULT_COLUMNS = ["wall_s"]  # of a lane that says none
TOTAL_OF_RATIOS = 'total = "geometric-mean"'


def findings(signal: Parsed, definitions: Definitions) -> Iterator[Finding]:
    """Everything ill-fitting in a signal."""
    top = signal.top
    yield from _sources(top)
    yield from _scope(top)
    yield from _engines(signal, definitions)
    yield from _per(signal, definitions)
    yield from _text(top["text"])
    for reader in CODE_READERS:
        yield from _code(top[reader])
    yield from _lane(top, definitions)
    yield from _build(signal, definitions)
    yield from module_checks.findings(signal, definitions)


def _reader(top: Part) -> str:
    """The name of its reader; "" where it has none or several, which the schema has reported."""
    named = [name for name in READERS if name in top]
    return named[0] if len(named) == 1 else ""


def _sources(top: Part) -> Iterator[Finding]:
    """A reader of files must have some, and one of the history none."""
    reader, said = _reader(top), [key for key in SOURCES if key in top]
    if reader in OF_FILES and not said and "like" not in top[reader]:
        message = f"the reader {quote(reader)} needs at least one of {', '.join(SOURCES)}"
        yield top[reader].wrong(message, 'outputs = ["results"] reads what is built')
    for key in said if reader in OF_HISTORY else ():
        yield top[key].wrong(f"has no effect: the reader {quote(reader)} reads the history")
    if "outputs" in top and "files" in top:
        message = "outputs are of engines, and files of the project: a signal reads one of the two"
        yield top["files"].wrong(message, "make two signals of it")
    if "exclude" in top and "files" not in top:
        yield top["exclude"].wrong("has no effect: it is about files, and none are named")
    words = top["command"].words()
    takes_files = any(FILE in names_in(word.text) for word in words)
    has_files = "outputs" in top or "files" in top
    if words and has_files and not takes_files:
        message = "does not say where the file goes that it is run for"
        yield top["command"].wrong(message, f"put {{{FILE}}} among its words")
    if takes_files and not has_files:
        message = f"{{{FILE}}} is each of the outputs or files, and none are named"
        yield top["command"].wrong(message, "name some with outputs or files")


def _scope(top: Part) -> Iterator[Finding]:
    scope, reader = top["scope"].text, _reader(top)
    if scope == "project":
        if "outputs" in top:
            message = "outputs are of programs and engines, not of the project"
            yield top["outputs"].wrong(message, 'scope = "program", or "engine" for all at once')
        for key in ("engines", "lanes"):
            if key in top:
                yield top[key].wrong("has no effect in the scope of the project")
        if reader in ("lane", "count"):
            message = f"what a lane's runs say is of engines: the scope cannot be {quote(scope)}"
            yield top["scope"].wrong(message, 'scope = "program", or "engine" for the mean')
    elif scope and reader in OF_FILES and "outputs" not in top:
        given = next((key for key in SOURCES if key in top), None)
        if given is not None:
            message = f"{given} without outputs are of the project: the scope cannot be"
            yield top["scope"].wrong(f"{message} {quote(scope)}", 'scope = "project"')
    if "total" in top and scope and scope != "program":
        yield top["total"].wrong(f"has no effect in the scope {quote(scope)}: there is one number")


def _engines(signal: Parsed, definitions: Definitions) -> Iterator[Finding]:
    """What they are made of must exist, and make what is read."""
    top = signal.top
    made: set[str] = set()  # by any of the toolchains that it may be about
    some_unknown = bool(definitions.unreadable)
    named = top["engines"].words()
    for word in named:
        try:
            engine = parse(word.text)
        except UsageError:
            return  # the schema has reported it
        yield from known(Part(engine.toolchain, word.path), "toolchain", definitions)
        yield from known(Part(engine.profile, word.path), "profile", definitions)
        toolchain = definitions.get("toolchain", engine.toolchain)
        if toolchain is None or _is_another(signal, toolchain):
            some_unknown = True
            continue
        if not toolchain.top["stages"].tables() and "outputs" in top:
            yield word.wrong(f"{quote(toolchain.name)} builds nothing: it has no stages")
        elif engine.target is not None:
            yield from has_target(toolchain, engine.target, word)
        made.update(made_by(toolchain.top))
    if not named:
        for toolchain in definitions.all("toolchain"):
            made.update(made_by(toolchain.top))
    for output in top["outputs"].words():
        if "." in output.text and output.text not in made and not some_unknown:
            who = "engine of the signal" if named else "toolchain"
            message = f"no {who} makes {quote(output.text)}"
            yield output.wrong(message, near_miss(output.text, sorted(made), "outputs"))


def _is_another(signal: Parsed, toolchain: Parsed) -> bool:
    """Whether a signal that is bundled meets a project's own toolchain, which nobody made for
    it."""
    return signal.file.is_bundled and not toolchain.file.is_bundled


def _per(signal: Parsed, definitions: Definitions) -> Iterator[Finding]:
    """What it is divided by must be a number of the same things, and no quotient itself."""
    per = signal.top["per"]
    other = definitions.get("signal", per.text)
    if other is None:
        return
    if other.name == signal.name:
        yield per.wrong("a signal is not divided by itself")
        return
    scope, theirs = signal.top["scope"].text, other.top["scope"].text
    if scope and theirs and scope != theirs:
        message = f"{quote(other.name)} is in the scope {quote(theirs)}, and this in {quote(scope)}"
        yield per.wrong(message)
    if "per" in other.top:
        message = f"{quote(other.name)} is a quotient itself"
        yield per.wrong(message, "divide by what it is a quotient of")
    if "total" in signal.top:
        message = "has no effect with per: it is the quotient of the two sums"
        yield signal.top["total"].wrong(message)


def _text(text: Part) -> Iterator[Finding]:
    if text["parts"].text == "block" and "within" not in text:
        message = "rows by block need within, which says what a block is"
        yield text["parts"].wrong(message)


def _code(code: Part) -> Iterator[Finding]:
    """What is about calls must meet some."""
    count = code["count"].text_or("calls")
    if count not in ("calls", "callees"):
        for key in ("to", "within"):
            if key in code:
                yield code[key].wrong(f"has no effect: it is about calls, and not about {count}")
    if code["parts"].text == "function" and count != "calls":
        message = f"only calls have rows by the function in which they stand, and not {count}"
        yield code["parts"].wrong(message)


def _lane(top: Part, definitions: Definitions) -> Iterator[Finding]:
    """The metric must be a column of the lane; ratios are not added up."""
    lane = top["lane"]
    declared = definitions.get("lane", lane["lane"].text)
    if declared is not None:
        columns = declared.top["columns"].texts or DEFAULT_COLUMNS
        metric = lane["metric"]
        name = Part(metric.text_or(DEFAULT_COLUMNS[0]), metric.path)
        message = f"{quote(name.text)} is no column of the lane {quote(declared.name)}"
        if name.text:
            yield from name.among(columns, message, "its columns")
    takes_ratio = "lane" in top and lane["take"].text_or("ratio") == "ratio"
    total = top["total"].text_or("sum")
    if takes_ratio and top["scope"].text == "program" and total == "sum" and "per" not in top:
        said = "total" if "total" in top else "lane"
        yield top[said].wrong("the sum of ratios says nothing", TOTAL_OF_RATIOS)


def _build(signal: Parsed, definitions: Definitions) -> Iterator[Finding]:
    top, build = signal.top, signal.top["build"]
    take, scope = build["take"].text, top["scope"].text
    if take == "hit-ratio" and scope == "program":
        message = "the history counts hits by engine, and not by program"
        yield build["take"].wrong(message, 'scope = "engine", or "project"')
    if take == "seconds" and scope == "project":
        message = "seconds are those of the builds of an engine"
        yield build["take"].wrong(message, 'scope = "program", or "engine"')
    if "metric" in build and take and take != "seconds":
        message = f"has no effect: it stands in the place of seconds, and not of {take}"
        yield build["metric"].wrong(message)
    if "builds" in build and take == "seconds":
        yield build["builds"].wrong("has no effect: seconds are not taken from the history")
    yield from _stage(signal, definitions)


def _stage(signal: Parsed, definitions: Definitions) -> Iterator[Finding]:
    """The stage must be one of a toolchain that it may be about, and tell the metric."""
    build = signal.top["build"]
    stage, metric = build["stage"], build["metric"]
    if not stage.text or definitions.unreadable:
        return
    named = signal.top["engines"].words()
    names = [word.text.partition(":")[0].partition("@")[0] for word in named]
    found = [one for one in definitions.all("toolchain") if not names or one.name in names]
    if any(_is_another(signal, one) for one in found):
        return
    stages = [one for toolchain in found for one in toolchain.top["stages"].tables()]
    there = sorted({one["name"].text for one in stages})
    yield from stage.among(there, f"no engine has a stage {quote(stage.text)}", "stages")
    told = {
        name
        for one in stages
        if one["name"].text == stage.text
        for name in one["metrics"]["values"].keys
    }
    if metric.text and stage.text in there:
        message = f"no stage {quote(stage.text)} tells {quote(metric.text)}"
        none = "a stage tells what its `metrics` declare, and none does"
        yield from metric.among(sorted(told), message, "metrics of the stage", none)
