"""The job of a lane: build its programs with every engine, measure them in blocks, and say so.

`job.run_lane` does all of it; the other modules are its steps, in order: `selection` (what is
asked for), `engines` (toolchains resolved and programs built), `measuring` (which programs are
measured how), `outcome` (the result). Suites have `columns` (pilot, plan, blocks) and `published`
(parts of a result) in common with it.
"""
