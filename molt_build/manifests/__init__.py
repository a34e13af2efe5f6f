"""What is declared: finding, reading, checking and resolving manifests.

`molt_build.manifests.loading` is the door: `load(project)` gives the validated model,
`check(project)` every diagnostic, `guard(project)` the stat data that decide whether a loaded model
is still true.
"""
