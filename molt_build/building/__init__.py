"""Builds: from manifests to actions, keys, staging, execution and materialised outputs."""
