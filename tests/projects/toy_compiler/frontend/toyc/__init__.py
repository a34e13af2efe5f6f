"""The frontend of a toy compiler: a few words of Python to a stack machine's instructions."""
