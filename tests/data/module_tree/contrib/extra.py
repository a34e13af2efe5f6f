"""In a folder without __init__.py, which is a package all the same."""

from json import encode
