"""Toolchains: from what a manifest declares to what is on this machine, and its identity."""
