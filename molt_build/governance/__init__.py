"""Verdicts: what a difference between measurements means."""
