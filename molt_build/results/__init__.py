"""What jobs found: typed results, their one form as JSON, and what is wrong with one that is not.

`facts` is what results of all jobs are made of, `bench` what lanes and suites find, `cases` what
the build-latency cases find, `differential` where engines part from a reference. `verdicts`,
`scoring` and `combined` say what that amounts to. `schema` makes JSON Schema of the types, `files`
reads and writes `result.json`, `checks` says what is wrong with one, `version_1` reads what was
written before results had types.
"""
