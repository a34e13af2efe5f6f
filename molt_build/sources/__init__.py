"""Sources: what is built, fetched as it was pinned and checked before it is used."""
