"""How results are shown: progress, terminal tables, the published summary, exports."""
