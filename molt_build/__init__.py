"""Declarative build, measurement and governance for ahead-of-time Python compilers."""

__version__ = "0.1.0"
STATE_FOLDER = ".molt-build"  # in the project: outputs, plans, the history
