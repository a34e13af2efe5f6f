"""The job of lanes and suites: build programs with engines, measure them in blocks, and say so.

A lane compares engines on the project's own programs; a suite is a lane whose programs come from a
friend's pinned source, each staged in a folder of its own. `job` does all of it, for one lane or
for several; the other modules are its steps, in order: `selection` (what is asked for), `programs`
and `staging` (the programs, and where their files lie), `preparing` and `cells` (engines resolved,
programs built, how each is run), `resuming` (what is there from earlier), `measuring` and `ways`
(pilot, plan and blocks of each way of measuring), `outcome` and `against` (the result).
"""
