"""Whether compiled programs still mean the same: what they say, compared with a reference.

Speed counts only where meaning is kept. `observing` runs one program under one engine and says what
of that is compared, `selection` says which programs, engines and references, `ready` builds them,
`comparing` runs a program under all of them and says where they part, `declared` knows what
toolchains declare of that, `job` is a run from the manifests to its result on disk and in the
history. Nothing here is timed: programs run side by side.
"""
