"""Signals: numbers that builds, files and the history reveal without running a program.

`reading` says what a reader is given and what it gives, `readers/` has a file for each,
`material` finds what they read, and `job` is `molt-build signals`.
"""
