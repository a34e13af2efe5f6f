"""Of a later Python too, and nothing of the runtime is in it."""

let unit = 1
