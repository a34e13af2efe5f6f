"""Declarative build, measurement and governance for ahead-of-time Python compilers."""

__version__ = "0.1.0"
