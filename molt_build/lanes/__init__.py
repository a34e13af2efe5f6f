"""The job of a lane: build its programs with every engine, measure them in blocks, and say so.

`job.run_lane` does all of it; the other modules are its steps, in order: `selection` (what is
asked for), `engines` (toolchains resolved and programs built), `measuring` (pilot, plan, blocks),
`outcome` (the result as published).
"""
