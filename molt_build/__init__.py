"""Declarative build, measurement and governance for ahead-of-time Python compilers."""

__version__ = "0.1.0"
STATE_FOLDER = ".molt-build"  # in the project: outputs, plans, the history
# Of builds that had nothing to do, a line each (`molt_build.history.nothing_done`).
NOTHING_DONE = STATE_FOLDER + "/nothing-done"
# The environment variables that are ours; another one of their prefix is an error.
VARIABLES = (
    "MOLT_BUILD_CACHE",
    "MOLT_BUILD_CACHE_DIR",
    "MOLT_BUILD_KEY_SCOPE",
    "MOLT_BUILD_PROJECT",
    "MOLT_BUILD_PYTHON",
    "MOLT_BUILD_RUN",
    "MOLT_BUILD_SHARDS",
    "MOLT_BUILD_TOOLS_DIR",
    "MOLT_BUILD_USE",
)
