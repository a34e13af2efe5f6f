"""Conformance: what an author of a toolchain wants to know before anybody believes its numbers.

Each *check* is one small function over the same `Context` and comes to a verdict: passed, failed or
skipped, with a sentence of what was found and, where it failed, what to do. They are listed, in the
order in which an author can mend things, in `molt_build.conformance.job`.

Everything happens in a copy of what the project's builds may read, with a cache of its own: the
project, its outputs, its history and the user's store are not touched. Toolchain environments are
the user's, and installed where they are missing, as a build would.

    programs/   a few short programs of our own, which become a workload of the copy
    place.py    the copies and their caches
    texts.py    edits of programs: of comments, and of what they do
    trials.py   programs that are built and run, and compared with the reference
    context.py  what the checks share
    building.py, keys.py, outputs.py, ending.py   the checks
"""
