"""What is called in Cython's own benchmark programs, and what of it is digested.

The programs give times. Here the functions that they time are called, as often as the manifest's
size says, and what they computed is looked at afterwards: by what they return, else by what they
leave in their arguments or module. Classes may be extension types, and functions may be C
functions: only what is open to Python in a compiled module is used. Floats are rounded to 12
significant digits, because a C compiler may contract a multiplication and an addition.
"""

import asyncio
import hashlib
import io
import random
from array import array

NBODY_CHECKED = 5000  # steps after which the bodies' places are compared

# For hexiom2: how many neighbours a tile must have, or a place without a tile; all may be moved.
BOARD = """\
4
    . 4 5 6
   5 2 . . 6
  4 . 4 4 5 5
 3 4 4 4 5 6 2
  . . 2 3 . .
   4 5 2 5 2
    3 . 3 5
"""


def digits(value):
    """A float with 12 significant digits, and lists and tuples of such."""
    if isinstance(value, (list, tuple)):
        return [digits(item) for item in value]
    return float(f"{value:.12g}")


def digest(data):
    """The SHA-256 of bytes, or of a list of integers."""
    if isinstance(data, list):
        data = array("q", data).tobytes()
    return hashlib.sha256(data).hexdigest()


def no_time():
    """The clock handed to programs that insist on one."""
    return 0.0


def async_generators(bench):
    module = bench.module()
    tree = module.tree(range(1000))

    async def values():
        return [value async for value in tree]

    def work():
        for _ in range(bench.size):
            asyncio.run(module.bench_async_generators(tree))
        return digest(asyncio.run(values()))

    return work


def chaos(bench):
    module = bench.module()

    def spline(points, knots):
        return module.Spline([module.GVector(x, y, 0.0) for x, y in points], 3, knots)

    def work():
        random.seed(1234)
        game = module.Chaosgame(
            [
                spline(
                    [(1.6, 3.3), (1.5, 4.1), (1.3, 5.2), (1.6, 5.3), (2.8, 5.5), (2.3, 4.3)],
                    [0, 0, 0, 1, 1, 2, 2, 2],
                ),
                spline([(2.8, 4.0), (2.5, 3.5), (1.9, 2.6), (1.9, 2.6)], [0, 0, 0, 1, 1, 1]),
                spline([(2.0, 4.0), (2.3, 3.3), (2.3, 3.2), (2.3, 3.2)], [0, 0, 0, 1, 1, 1]),
            ],
            0.25,
        )
        game.create_image_chaos(no_time, 1000, 1200, 1, bench.size)
        # The image is dropped. The points that follow, by the same way, are not.
        path = []
        point = module.GVector(2.0, 4.0, 0.0)
        for _ in range(200):
            point = game.transform_point(point)
            path += [point.x, point.y, point.z]
        return [digest(repr(digits(path)).encode()), random.random()]

    return work


def comprehensions(bench):
    module = bench.module()
    widgets = module.make_some_widgets()

    def work():
        for _ in range(bench.size):
            tray = module.WidgetTray(1, widgets)
        return [widget.widget_id for widget in tray.sorted_widgets]

    return work


def coroutines(bench):
    module = bench.module()
    # 10 nested coroutines; `size` times.
    return lambda: module.time_bm(module.bm_await_nested, 10, scale=bench.size)[0]


def dataclasses(bench):
    module = bench.module()

    def work():
        points = module.benchmark_create(bench.size)
        first = repr(points[0])
        is_found = module.benchmark_compare(points)
        module.benchmark_repr(points)
        highest = module.benchmark_float(points)
        cells = digits([[point.x, point.y, point.z] for point in points[:: bench.size // 100]])
        return [first, bool(is_found), digits([highest.x, highest.y, highest.z]), cells]

    return work


def fannkuch(bench):
    module = bench.module()
    return lambda: [module.fannkuch_c(bench.size), module.fannkuch_py(bench.size)]


def fib(bench):
    module = bench.module()
    integers = ["untyped", "int", "int_pycall", "cull", "cull_pycall"]
    floats = ["float", "float_pycall"]

    def work():
        found = [getattr(module, "fib_" + name)(bench.size) for name in integers]
        # An annotation makes no float of CPython's 1, but does of a compiler's.
        return found + [float(getattr(module, "fib_" + name)(float(bench.size))) for name in floats]

    return work


def fstrings(bench):
    module = bench.module()

    def work():
        for _ in range(bench.size):
            module.run(no_time)

    return work


def fused_types(bench):
    module = bench.module()
    functions = [module._fused_func_args_1, module._fused_func_args_2, module._fused_func_args_3]
    runners = module.get_benchmarks()
    kinds = [[], (), set(), {}, 5, None]

    def refuses(function, arguments):
        try:
            return function(*arguments) is not None
        except (AssertionError, TypeError):
            return True

    def work():
        for name in sorted(runners):
            runners[name](bench.size, no_time)
        # They return nothing; what can be told is that each combination is taken, and None is not.
        return [
            [refuses(function, [kind] * (number + 1)) for kind in kinds]
            for number, function in enumerate(functions)
        ]

    return work


def generators(bench):
    module = bench.module()
    # Round robin over 200 generators in nested delegation; `size` times.
    return lambda: digest(module.time_func(module.bm_yield_from_nested, 200, bench.size)[0])


def getitem(bench):
    module = bench.module()
    length = module.GETITEM_DATA_SIZE
    sequences = [
        list(range(length)),
        tuple(range(length)),
        {key: key for key in range(length)},
        array("I", range(length)),
        memoryview(array("I", range(length))),
    ]
    own = [module.GetItemExt, module.GetItemExtSequence, module.GetItemExtMapping]
    sequences += [kind(range(length)) for kind in own]

    def work():
        last = []
        for sequence in sequences:
            for _ in range(bench.size):
                found = module._getitems(sequence)
            last.append(found)
        for sequence in sequences[-len(own) :]:
            for _ in range(bench.size):
                found = module._getitems_from_py(sequence)
            last.append(found)
        return last

    return work


def hexiom2(bench):
    """A board of ours, as large as level 36, which CPython would search for 10 to 20 seconds."""
    module = bench.module()

    def work():
        solution = io.StringIO()
        for _ in range(bench.size):
            solution = io.StringIO()
            module.solve_file(BOARD, 3, -1, solution)  # by first cell, descending: as the program
        return solution.getvalue()

    return work


def matrix(bench):
    module = bench.module()
    size = module.MATRIX_SIZE
    # Cells that differ from one another: with the suite's own, all 2, a wrong index would not show.
    integers = [[(7 * row + 3 * column) % 11 for column in range(size)] for row in range(size)]
    floats = [[float(cell) for cell in row] for row in integers]
    variants = [
        (module._list_matrix, floats, module._multiply_matrices_float),
        (module._array_matrix_float, floats, module._multiply_matrices_float),
        (module._list_matrix, integers, module._multiply_matrices_int),
        (module._array_matrix_int, integers, module._multiply_matrices_int),
        (module._list_matrix_mix, integers, module._multiply_matrices_int),
    ]

    def work():
        products = []
        for make, cells, multiply in variants:
            left, right, product = make(cells), make(cells), make(cells)
            for _ in range(bench.size):
                multiply(left, right, product)
            products.append(digest([int(cell) for row in product for cell in row]))
        return products

    return work


def meteor_contest(bench):
    module = bench.module()

    def work():
        solutions = []
        free = frozenset(range(len(module.board)))
        places = [-1] * len(module.board)
        pieces = list(range(len(module.pieces)))
        module.solve(bench.size, 0, free, places, pieces, solutions)
        return [len(solutions), digest("\n".join(solutions).encode())]

    return work


def nbody(bench):
    module = bench.module()
    start = [(list(place), list(speed)) for place, speed, _ in module.SYSTEM]

    def work():
        for (place, speed, _), (first_place, first_speed) in zip(module.SYSTEM, start, strict=True):
            place[:], speed[:] = first_place, first_speed
        # Its "warm-up" is one run; no further ones are asked for. The places are looked at early:
        # Cython takes a float's power through complex numbers, and last bits grow with the steps.
        module.test_nbody(0, NBODY_CHECKED)
        early = digits([place + speed for place, speed, _ in module.SYSTEM])
        module.test_nbody(0, bench.size - NBODY_CHECKED)
        return early

    return work


def nqueens(bench):
    module = bench.module()

    def work():
        solutions = list(module.n_queens(bench.size))
        return [len(solutions), digest(bytes([row for solution in solutions for row in solution]))]

    return work


def patma(bench):
    module = bench.module()
    runners = module.get_benchmarks()

    def told(value):
        if value is None or isinstance(value, (int, str)):
            return value
        if isinstance(value, (list, tuple, array)):
            return [len(value), sum(value)]
        return value if isinstance(value, (dict, set)) else repr(value)

    def work():
        for name, run in runners.items():
            # Those of a million items are matched a few times, the others `size` times.
            run(2 if name.startswith("patma long") and "(1000002)" in name else bench.size, no_time)
        return [told(module.speed_test(subject)) for subject in module.tests]

    return work


def pyaes(bench):
    module = bench.module()
    # Blocks of 16 bytes; `size` of them.
    text = hashlib.sha256(b"cleartext").digest() * (bench.size // 2)
    key, start = bytes(range(16)), bytes(range(100, 116))

    def work():
        secret = module.new(key, module.MODE_CBC, start).encrypt(text)
        return [digest(secret), module.new(key, module.MODE_CBC, start).decrypt(secret) == text]

    return work


def raytrace(bench):
    module = bench.module()

    def work():
        module.bench_raytrace(1, bench.size, bench.size, "raytrace.ppm")
        with open("raytrace.ppm", "rb") as stream:
            return digest(stream.read())

    return work


def richards(bench):
    module = bench.module()

    def work():
        is_right = module.Richards().run(bench.size)
        return [is_right, module.taskWorkArea.holdCount, module.taskWorkArea.qpktCount]

    return work


richards_cclass = richards_pyclass = richards


def spectralnorm(bench):
    module = bench.module()

    def work():
        module.main(1, bench.size)
        return digits(module.spectral_norm(bench.size))

    return work


class Counting:
    """Ten integers to unpack, and how many were taken in all."""

    def __init__(self):
        self.taken = 0

    def __iter__(self):
        for number in range(10):
            self.taken += 1
            yield number


def unpack_sequence(bench):
    module = bench.module()
    runners = [module.bm_tuple_unpacking, module.bm_list_unpacking, module.bm_iter_unpacking]

    def refuses(values):
        try:
            module._single_run(values, 1)
        except ValueError:
            return True
        return False

    def work():
        for run in runners:
            run(bench.size, no_time)
        # What was unpacked is dropped; that all of it was, and no more is taken, can be told.
        counting = Counting()
        module._single_run(counting, 1)
        return [counting.taken, [refuses(tuple(range(length))) for length in (9, 10, 11)]]

    return work
