"""The dashboard: all that recorded runs say, in one HTML file that needs no network.

`contents` gathers it: the board and gates (`judged`), rows of runs as series (`series`), what the
latest results say beside numbers (`details`) and their raw samples (`samples`). `packing` makes
that small, `page` puts it into the page, with the plotting library that a package brings. What the
reader sees is made in the browser, by the files in `assets`, from these facts alone.
"""
