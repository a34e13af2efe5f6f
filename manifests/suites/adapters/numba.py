"""Drives the programs of Numba's suite.

Its modules are made for a runner that calls `setup()`, which compiles, and then times methods.
Those drop what they compute; here the functions below them are called, and what they return is
digested: numbers as they are, arrays as their bytes. `size` is how often the calls are done where
nothing else is said, so that the reference without the JIT takes about a second.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba
import numpy

Work = Callable[[], object]


def unchanged(*given: Any, **_: Any) -> Any:
    """Numba's decorator, with options or without, where the JIT is off."""
    return given[0] if given and callable(given[0]) else lambda function: function


# Numba's own does that too where the JIT is off, but refuses the functions that compilers make.
if numba.config.DISABLE_JIT:
    numba.jit = numba.njit = unchanged


def ready(bench: Any) -> Any:
    """The program's module after its `setup()`."""
    module = bench.module()
    module.setup()
    return module


def blackscholes(bench: Any) -> Work:
    """The module's own options; `size` times, where the suite does it 10 times."""
    module = ready(bench)
    call, put = module.args[:2]

    def work() -> object:
        for _ in range(bench.size):
            module.blackscholes(*module.args)
        return [call.tobytes(), put.tobytes()]

    return work


def centdiff_1d(bench: Any) -> Work:
    """A smaller array than the module's, of seeded values, and the pass over it `size` times."""
    module = ready(bench)
    values = numpy.random.RandomState(0).rand(10_000)
    result = numpy.zeros_like(values)

    def work() -> object:
        for _ in range(bench.size):
            module.centered_difference_range1d(values, result, module.dx)
        return result.tobytes()

    return work


def centdiff_2d(bench: Any) -> Work:
    """The module's three layouts of one smaller array; the pass over each `size` times."""
    module = ready(bench)
    ordered = numpy.random.RandomState(0).rand(100, 100)
    strided = numpy.concatenate((ordered, ordered))[::2]
    inputs = [ordered, ordered.T, strided]
    pairs = [(values, numpy.zeros_like(values)) for values in inputs]

    def work() -> object:
        for values, result in pairs:
            for _ in range(bench.size):
                module.centered_difference_range2d(values, result, module.dx)
        return [result.tobytes() for _, result in pairs]

    return work


def dispatch(bench: Any) -> Work:
    """The methods themselves, `size` times: they call functions that do nothing."""
    module = ready(bench)
    cases = [module.NoPythonDispatch(), module.PyObjectDispatch()]
    methods = [
        getattr(case, name) for case in cases for name in dir(case) if name.startswith("time_")
    ]

    def work() -> object:
        for method in methods:
            for _ in range(bench.size):
                method()
        return None

    return work


def gameoflife(bench: Any) -> Work:
    """`size` rows of the module's state, 10 generations."""
    module = bench.module()
    module.start_state = module.start_state[: bench.size]
    module.setup()
    return lambda: module.run_game(10).tobytes()


def ising(bench: Any) -> Work:
    """A part of `size` rows and columns of the module's state, and its number of sweeps.

    Compiled functions have a random generator of their own, so it is seeded by a function that is
    compiled where they are. Numba documents the same sequence as NumPy's for the same seed.
    """
    module = ready(bench)
    start = module.x_start[: bench.size, : bench.size]

    @numba.njit  # type: ignore[untyped-decorator]
    def seed(number: int) -> None:
        numpy.random.seed(number)

    def work() -> object:
        seed(0)
        state = start.copy()
        for _ in range(module.N_iterations):
            module.update(state)
        return state.tobytes()

    return work


def layouts(rows: int, columns: int) -> list[Any]:
    """The layouts of the module: of rows, of columns, and with gaps; filled with small numbers."""
    ordered = (numpy.arange(rows * columns, dtype=numpy.int32) % 7).reshape(rows, columns)
    gapped = numpy.concatenate((ordered, ordered))[::2]
    return [ordered, ordered.T, gapped]


def totals(bench: Any, cases: list[tuple[str, list[Any]]]) -> Work:
    """Each function, by name, on its arguments: the numbers that they return."""
    module = ready(bench)
    calls = [(getattr(module, name), arguments) for name, arguments in cases]
    return lambda: [int(function(*arguments)) for function, arguments in calls]


def iterating_flat(bench: Any) -> Work:
    """Squares of side `size`."""
    square = layouts(bench.size, bench.size)
    arrays = [square[0].ravel(), *square]
    return totals(bench, [(name, [a]) for name in ("flat_iter", "flat_index") for a in arrays])


def iterating_index(bench: Any) -> Work:
    """Squares of side `size`."""
    square = layouts(bench.size, bench.size)[0]
    line = square.ravel()
    return totals(bench, [("array_iter_1d", [line]), ("range1d", [line]), ("range2d", [square])])


def iterating_ndindex(bench: Any) -> Work:
    """Squares of side `size`."""
    square = layouts(bench.size, bench.size)[0]
    return totals(bench, [("ndindex", [square.ravel()]), ("ndindex", [square])])


def iterating_nditer(bench: Any) -> Work:
    """Squares of side `size`, one and two together.

    Not three: for these the module uses what NumPy 2 no longer has.
    """
    square, columns, gapped = layouts(bench.size, bench.size)
    narrow, _, narrow_gapped = layouts(bench.size * bench.size // 5, 5)
    narrow_columns = narrow.copy(order="F")
    line = square.ravel()
    ones = [line, square, narrow, columns, gapped]
    twos = [(line, line), (square, square), (columns, columns), (columns, square)]
    twos += [(square, gapped), (gapped, gapped), (narrow, narrow)]
    twos += [(narrow_columns, narrow_columns), (narrow_columns, narrow), (narrow, narrow_gapped)]
    cases = [("nditer1", [array]) for array in ones]
    return totals(bench, cases + [("nditer2", list(arrays)) for arrays in twos])


def iterating_zip(bench: Any) -> Work:
    """Squares of side `size`."""
    square, columns, gapped = layouts(bench.size, bench.size)
    narrow = layouts(bench.size * bench.size // 5, 5)[0]
    line = square.ravel()
    flat = [("zip_flat", [array, array]) for array in (line, square, narrow, columns, gapped)]
    return totals(bench, [*flat, ("zip_iter", [line, line])])


def jitclass(bench: Any) -> Work:
    """`jitclass` is put where the module looks for it: it has moved in Numba since.

    Each of the functions is called, for `size` boxes; all methods of the module call the last.
    """
    from numba.experimental import jitclass

    numba.jitclass = jitclass
    module = ready(bench)

    def work() -> object:
        count = bench.size
        boxes = [module.method_call(count), module.property_setting(count)]
        last = module.constructor_call(count)[-1]
        return [module.property_access(count), *[int(box.val) for box in [*boxes, last]]]

    return work


def list_construction(bench: Any) -> Work:
    """Lists of the suite's length; each function `size` times."""
    module = ready(bench)
    length = module.ListConstruction.n
    functions = [module.list_append, module.list_extend, module.list_call]

    def work() -> object:
        for _ in range(bench.size):
            numbers = [function(length, length - 1) for function in functions]
            zeros = module.list_return(length)
        return [*numbers, len(zeros), sum(zeros)]

    return work


def list_mutation(bench: Any) -> Work:
    """Lists of the suite's lengths, shorter for the insertion; both functions `size` times."""
    module = ready(bench)
    length = module.ListMutation.n

    def work() -> object:
        for _ in range(bench.size):
            numbers = [module.list_pop(length), module.list_insert(length // 10, 1)]
        return numbers

    return work


def indirect_indexing(bench: Any) -> Work:
    """The module's arrays; both passes over them `size` times."""
    module = ready(bench)
    case = module.IndirectIndexing()
    case.setup()

    def work() -> object:
        totals = []
        for labels in (case.labels, case.unsigned_labels):
            case.targets[:] = 0
            for _ in range(bench.size):
                module.grouped_sum(case.values, labels, case.targets)
            totals.append(case.targets.tolist())
        return totals

    return work


def nbody_accelerations(bench: Any) -> Work:
    """`size` bodies."""
    module = ready(bench)
    positions, weights = module.make_nbody_samples(bench.size)
    return lambda: module.run_numba_nbody(positions, weights).tobytes()


def nanmean(bench: Any) -> Work:
    """The module's arrays; the pass over each `size` times.

    `guvectorize` compiles even where the JIT is off, and only from bytecode: a stand-in for it
    leaves those functions as they are, and they are not called.
    """
    numba.guvectorize = lambda *_: lambda function: function
    module = ready(bench)
    arrays = [module.some_nans, module.some_nans_2d, module.some_nans_2d_reversed]

    def work() -> object:
        return [[module.nanmean(array) for _ in range(bench.size)][-1] for array in arrays]

    return work


def random_integers(bench: Any) -> Work:
    """The sum of `size` numbers."""
    module = ready(bench)
    return lambda: int(module.py_getrandbits(42, bench.size))


def set_unique(bench: Any) -> Work:
    """The module's numbers, `size` times."""
    module = ready(bench)
    case = module.IntegerSets()
    case.setup()
    return lambda: int([module.unique(case.seq) for _ in range(bench.size)][-1])


def set_operations(bench: Any) -> Work:
    """The module's numbers, `size` times."""
    module = ready(bench)
    case = module.IntegerSets()
    case.setup()
    return lambda: [module.setops(case.a, case.b) for _ in range(bench.size)][-1]
