"""Modules of a tree: what they hold, which class they are of, and what they import in the end.

`facts` reads one file, `tree` says which files are which modules, `classifying` applies the rules
of a manifest (`molt_build.manifests.module_rules`), `graph` follows imports and `bounds` says where
they lead to what is not allowed. `molt_build.signals.readers.modules` puts them together.
"""
