"""Runs on disk: folders, samples, results."""
