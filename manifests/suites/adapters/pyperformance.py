"""Drives the programs of pyperformance: the functions that pyperf would time, without pyperf.

Most of those functions return the seconds that they took, and throw away what they computed. So
here the functions below them are called, as often and on the same data; where a library's function
is called in a program's own loop, the last round is done with that function recorded.

Floats are rounded to 12 significant digits: a C compiler may contract a multiplication and an
addition into one instruction (release-fast), which changes the last bits.
"""

from __future__ import annotations

import argparse
import array
import asyncio
import base64
import contextlib
import copy
import decimal
import hashlib
import io
import json
import logging
import os
import random
import re
import sys
import types
from collections.abc import Callable, Iterable, Iterator
from typing import Any

Work = Callable[[], object]


def digest(data: str | bytes) -> str:
    """SHA-256 of a result that is too big to be printed."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def rounded(values: Iterable[float]) -> list[float]:
    return [float(f"{value:.12g}") for value in values]


def digest_floats(values: Iterable[float]) -> str:
    return digest(repr(rounded(values)))


def repeat(times: int, run: Callable[[], Any]) -> Any:
    """What the last of several runs returned."""
    result = None
    for _ in range(times):
        result = run()
    return result


@contextlib.contextmanager
def recorded(owner: Any, name: str) -> Iterator[list[Any]]:
    """The results of a library's function, call by call, while the block runs."""
    original = getattr(owner, name)
    results: list[Any] = []

    def call(*args: Any, **options: Any) -> Any:
        results.append(original(*args, **options))
        return results[-1]

    setattr(owner, name, call)
    try:
        yield results
    finally:
        setattr(owner, name, original)


def record_last(times: int, run: Callable[[], Any], owner: Any, *names: str) -> list[Any]:
    """Runs several times, and returns what the named functions returned in the last run."""
    repeat(times - 1, run)
    with contextlib.ExitStack() as stack:
        kept = [stack.enter_context(recorded(owner, name)) for name in names]
        run()
    return kept


# What is computed in the programs themselves.


def async_generators(bench: Any) -> Work:
    module = bench.module()

    async def values() -> list[int]:
        return [value async for value in module.tree(range(bench.size))]

    return lambda: digest(array.array("q", asyncio.run(values())).tobytes())


def async_tree_none(bench: Any) -> Work:
    """ARGS are the variant of the tree and, with task groups, `tg`; the size is its levels.

    What the leaves return is thrown away; what remains is how many tasks there were, how many
    slept, what was memoized, and how often the random generator was asked.
    """
    module = bench.module()
    module.NUM_RECURSE_LEVELS = bench.size

    async def run() -> object:
        first = await _task_number()
        tree = module.BENCHMARKS[bench.args[0]](use_task_groups="tg" in bench.args)
        with recorded(asyncio, "sleep") as sleeps:
            await tree.run()
        tasks = await _task_number() - first
        return [tasks, len(sleeps), sorted(tree.cache), random.random()]

    return lambda: asyncio.run(run())


async_tree_io = async_tree_memoization = async_tree_cpu_io_mixed = async_tree_none
async_tree_none_tg = async_tree_cpu_io_mixed_tg = async_tree_none


async def _task_number() -> int:
    task = asyncio.ensure_future(asyncio.sleep(0))
    await task
    return int(task.get_name().rpartition("-")[2])


def barnes_hut(bench: Any) -> Work:
    module = bench.module()
    width, height = 1000, 800

    def work() -> object:
        particles = module.create_deterministic_galaxy(
            module.DEFAULT_PARTICLES, width / 2, height / 2
        )
        energies = [module.calculate_system_energy(particles)]
        for _ in range(bench.size):
            module.advance_system(particles, module.DEFAULT_THETA, module.TIME_STEP, width, height)
        energies.append(module.calculate_system_energy(particles))
        places = [at for one in particles for at in (one.position.x, one.position.y)]
        return [rounded(energies), digest_floats(places)]

    return work


def bpe_tokeniser(bench: Any) -> Work:
    """The size is that of the vocabulary: training up to the suite's 1024 takes several seconds."""
    module = bench.module()
    with open(bench.path("data", "frankenstein_intro.txt"), encoding="utf-8") as stream:
        text = stream.read()
    pattern = r"'(?:[stmd]|re|ve|ll)| ?[a-zA-Z]+| ?\d+| ?[^\sa-zA-Z\d]+|\s+"

    def work() -> object:
        encoding = module.SimpleBytePairEncoding.train(text, vocab_size=bench.size, pat_str=pattern)
        tokens = encoding.encode(text)
        assert encoding.decode(tokens) == text
        return [digest(repr(encoding.mergeable_ranks)), digest(repr(tokens))]

    return work


class _Captured:
    """In a runner's place: keeps the work that a program's `main` hands over."""

    def __init__(self) -> None:
        self.metadata: dict[str, object] = {}
        self.work: Work = lambda: None

    def bench_func(self, _name: str, function: Callable[..., object], *args: object) -> None:
        self.work = lambda: function(*args)


def chaos(bench: Any) -> Work:
    module = bench.module()
    runner = _Captured()
    options = types.SimpleNamespace(
        thickness=module.DEFAULT_THICKNESS,
        width=module.DEFAULT_WIDTH,
        height=module.DEFAULT_HEIGHT,
        iterations=bench.size,
        rng_seed=module.DEFAULT_RNG_SEED,
        filename="chaos.ppm",
    )
    module.main(runner, options)

    def work() -> object:
        runner.work()
        with open("chaos.ppm", "rb") as stream:
            return digest(stream.read())

    return work


def comprehensions(bench: Any) -> Work:
    module = bench.module()

    def work() -> object:
        module.bench_comprehensions(bench.size)
        tray = module.WidgetTray(1, module.make_some_widgets())
        return [widget.widget_id for widget in tray.sorted_widgets]

    return work


def coroutines(bench: Any) -> Work:
    module = bench.module()

    def run() -> object:
        coroutine = module.fibonacci(25)
        try:
            while True:
                coroutine.send(None)
        except StopIteration as stop:
            return stop.value

    return lambda: repeat(bench.size, run)


def deltablue(bench: Any) -> Work:
    module = bench.module()

    def run() -> object:
        module.chain_test(bench.size)
        mark = module.planner.current_mark
        module.projection_test(bench.size)
        return [mark, module.planner.current_mark]

    return run


def fannkuch(bench: Any) -> Work:
    module = bench.module()
    return lambda: module.fannkuch(bench.size)


def float_points(bench: Any) -> Work:
    module = bench.module()

    def work() -> object:
        point = module.benchmark(bench.size)
        return rounded([point.x, point.y, point.z])

    return work


def generators(bench: Any) -> Work:
    module = bench.module()
    tree = module.tree(range(100_000))
    return lambda: repeat(bench.size, lambda: digest(array.array("q", tree).tobytes()))


def go(bench: Any) -> Work:
    module = bench.module()

    def work() -> object:
        moves = repeat(bench.size, module.versus_cpu)
        return [moves, module.MOVES, module.TIMESTAMP, random.random()]

    return work


def hexiom(bench: Any) -> Work:
    module = bench.module()
    board, _solution = module.LEVELS[module.DEFAULT_LEVEL]
    board = board.strip()

    def run() -> object:
        output = io.StringIO()
        module.solve_file(board, module.Done.FIRST_STRATEGY, module.DESCENDING, output)
        return output.getvalue()

    return lambda: repeat(bench.size, run)


def mdp(bench: Any) -> Work:
    module = bench.module()
    return lambda: rounded([module.Battle().evaluate(0.192)])


def meteor_contest(bench: Any) -> Work:
    module = bench.module()
    board, cells, pieces = module.get_puzzle(module.WIDTH, module.HEIGHT)
    footprints = module.get_footprints(board, cells, pieces)
    neighbours = module.get_senh(board, cells)

    def run() -> object:
        solutions: list[str] = []
        module.solve(
            module.SOLVE_ARG,
            0,
            frozenset(range(len(board))),
            [-1] * len(board),
            list(range(len(pieces))),
            solutions,
            footprints,
            neighbours,
        )
        return solutions

    return lambda: repeat(bench.size, run)


def nbody(bench: Any) -> Work:
    module = bench.module()
    module.offset_momentum(module.BODIES[module.DEFAULT_REFERENCE])

    def work() -> object:
        energies = [module.report_energy()]
        module.advance(0.01, bench.size)
        energies.append(module.report_energy())
        places = [at for body in module.SYSTEM for at in body[0]]
        return [rounded(energies), rounded(places)]

    return work


def nqueens(bench: Any) -> Work:
    module = bench.module()
    return lambda: list(module.n_queens(bench.size))


def pidigits(bench: Any) -> Work:
    module = bench.module()
    return lambda: "".join(map(str, module.calc_ndigits(bench.size)))


def pyflate(bench: Any) -> Work:
    module = bench.module()
    with open(bench.path("data", "interpreter.tar.bz2"), "rb") as stream:
        packed = stream.read()

    def work() -> object:
        field = module.RBitfield(io.BytesIO(packed))
        assert field.readbits(16) == 0x425A
        return digest(module.bzip2_main(field))

    return work


def raytrace(bench: Any) -> Work:
    module = bench.module()

    def work() -> object:
        module.bench_raytrace(1, bench.size, bench.size, "raytrace.ppm")
        with open("raytrace.ppm", "rb") as stream:
            return digest(stream.read())

    return work


def richards(bench: Any) -> Work:
    module = bench.module()

    def work() -> object:
        is_right = module.Richards().run(bench.size)
        area = module.taskWorkArea
        return [is_right, area.holdCount, area.qpktCount]

    return work


richards_super = richards


def scimark_fft(bench: Any) -> Work:
    module = bench.module()
    size = 2 * 1024
    start = module.Random(7).RandomVector(size)

    def work() -> object:
        data = module.copy_vector(start)
        for _ in range(bench.size):
            module.FFT_transform(size, data)
            module.FFT_inverse(size, data)
        return digest_floats(data)

    return work


def scimark_lu(bench: Any) -> Work:
    module = bench.module()
    size = 100
    matrix = module.Random(7).RandomMatrix(module.ArrayList(size, size))
    result = module.ArrayList(size, size)
    pivot = array.array("i", [0]) * size

    def work() -> object:
        for _ in range(bench.size):
            module.LU(result, matrix, pivot)
        return [digest_floats(value for row in result.data for value in row), list(pivot)]

    return work


def scimark_monte_carlo(bench: Any) -> Work:
    module = bench.module()
    return lambda: module.MonteCarlo(bench.size)


def scimark_sor(bench: Any) -> Work:
    """On random numbers, as in SciMark; pyperformance relaxes a grid of zeros."""
    module = bench.module()
    start = module.Random(7).RandomMatrix(module.Array2D(100, 100))

    def work() -> object:
        grid = module.Array2D(100, 100)
        grid.copy_data_from(start)
        module.SOR_execute(1.25, grid, bench.size, module.Array2D)
        return digest_floats(grid.data)

    return work


def scimark_sparse_mat_mult(bench: Any) -> Work:
    """The suite's pattern of cells, with numbers in them; pyperformance multiplies zeros."""
    module = bench.module()
    size, cells = 1000, 50
    row = array.array("i", range(0, size * cells + 1, cells))
    column = array.array(
        "i", [i * max(1, line // cells) for line in range(size) for i in range(cells)]
    )
    value = array.array("d", [1 / (1 + i % 97) for i in range(size * cells)])
    vector = array.array("d", [1 + i % 89 for i in range(size)])
    result = array.array("d", [0]) * size

    def work() -> object:
        module.SparseCompRow_matmult(size, result, value, row, column, vector, bench.size)
        return digest_floats(result)

    return work


def spectral_norm(bench: Any) -> Work:
    module = bench.module()

    def work() -> object:
        u = [1] * bench.size
        v = u
        for _ in range(10):
            v = module.eval_AtA_times_u(u)
            u = module.eval_AtA_times_u(v)
        return rounded([sum(a * b for a, b in zip(u, v, strict=True)), sum(b * b for b in v)])

    return work


def unpack_sequence_tuple(bench: Any) -> Work:
    """The values are thrown away: what can be seen is that a wrong number of them is refused."""
    module = bench.module()
    kind = {"tuple": tuple, "list": list}[bench.args[0]]

    def work() -> object:
        module.do_unpacking(bench.size, kind(range(10)))
        outcomes = []
        for wrong in (kind(range(9)), kind(range(11)), None):
            try:
                module.do_unpacking(1, wrong)
                outcomes.append("accepted")
            except (TypeError, ValueError) as error:
                outcomes.append(type(error).__name__)
        return outcomes

    return work


unpack_sequence_list = unpack_sequence_tuple


# What is computed in the standard library, called by the programs.


def argparse_many_optionals(bench: Any) -> Work:
    run = bench.module().BENCHMARKS[bench.args[0]]

    def work() -> object:
        (parsed,) = record_last(bench.size, run, argparse.ArgumentParser, "parse_args")
        return [digest(repr(sorted(vars(one).items()))) for one in parsed]

    return work


argparse_subparsers = argparse_many_optionals


def base64_small(bench: Any) -> Work:
    """ARGS are the program's function, and the library's two that it calls."""
    function, *names = bench.args
    run = getattr(bench.module(), function)

    def work() -> object:
        kept = record_last(bench.size, lambda: run(1), base64, *names)
        return [digest(b"".join(results)) for results in kept]

    return work


base32_small = ascii85_small = base85_small = base64_small


def deepcopy(bench: Any) -> Work:
    run = getattr(bench.module(), bench.args[0])

    def work() -> object:
        run(bench.size)
        with recorded(copy, "deepcopy") as copies:
            run(1)
        return digest(repr([getattr(one, "__dict__", one) for one in copies]))

    return work


deepcopy_memo = deepcopy_reduce = deepcopy


def logging_silent(bench: Any) -> Work:
    run = bench.module().BENCHMARKS[bench.args[0]]
    output = io.StringIO()
    logger = logging.getLogger("benchlogger")
    logger.propagate = False
    logger.addHandler(logging.StreamHandler(stream=output))
    logger.setLevel(logging.WARNING)

    def work() -> object:
        run(bench.size, logger, output)
        return digest(output.getvalue())

    return work


logging_simple = logging_format = logging_silent


def pickle(bench: Any) -> Work:
    """ARGS are the program's benchmark, the names of its objects, and `pure` without the C part."""
    benchmark, names, *rest = bench.args
    if rest == ["pure"]:
        sys.modules["_pickle"] = None  # type: ignore[assignment]
    import pickle as library

    module = bench.module()
    run, _inner = module.BENCHMARKS[benchmark]
    options = types.SimpleNamespace(protocol=library.HIGHEST_PROTOCOL)

    def work() -> object:
        run(bench.size, library, options)
        again = [
            library.loads(library.dumps(getattr(module, name), options.protocol))
            for name in names.split(",")
        ]
        return digest(repr(again))

    return work


pickle_dict = pickle_list = unpickle = unpickle_list = pickle
pickle_pure_python = unpickle_pure_python = pickle


def regex_compile(bench: Any) -> Work:
    module = bench.module()
    regexes = module.capture_regexes()

    def run() -> None:
        module.bench_regex_compile(1, regexes)

    def work() -> object:
        (compiled,) = record_last(bench.size, run, re, "compile")
        return digest(
            repr([(one.pattern, one.flags, one.groups, dict(one.groupindex)) for one in compiled])
        )

    return work


def typing_runtime_protocols(bench: Any) -> Work:
    module = bench.module()
    protocols = ["HasX", "HasManyAttributes", "SupportsInt", "SupportsManyMethods"]
    classes = ["Empty", "PropertyX", "HasIntMethod", "HasManyMethods", "ClassVarX", "InstanceVarX"]
    classes += ["ManyInstanceVars", "NominalX", "NominalSupportsInt", "NominalXWithInt"]

    def work() -> object:
        module.bench_protocols(bench.size)
        instances = [getattr(module, name)() for name in classes]
        return [isinstance(one, getattr(module, name)) for name in protocols for one in instances]

    return work


# What is computed in C, called by the programs.


def decimal_factorial(bench: Any) -> Work:
    module = bench.module()

    def work() -> object:
        context = decimal.getcontext()
        context.prec = decimal.MAX_PREC
        context.Emax = decimal.MAX_EMAX
        context.Emin = decimal.MIN_EMIN
        return digest(str(module.factorial(decimal.Decimal(bench.size), 0)))

    return work


def decimal_pi(bench: Any) -> Work:
    module = bench.module()

    def work() -> object:
        values = []
        for precision in (9, 19):
            decimal.getcontext().prec = precision
            values.append(str(repeat(bench.size, module.pi_decimal)))
        return values

    return work


def gc_collect(bench: Any) -> Work:
    module = bench.module()

    def work() -> object:
        module.benchamark_collection(bench.size, module.CYCLES, module.LINKS)
        (node,) = module.create_gc_cycles(1, module.LINKS)
        other, length = node.next, 1
        while other is not node:
            other, length = other.next, length + 1
        return length

    return work


def gc_traversal(bench: Any) -> Work:
    module = bench.module()

    def work() -> object:
        module.benchamark_collection(bench.size, module.N_LEVELS)
        inner, lengths = module.create_recursive_containers(module.N_LEVELS), []
        while inner:
            lengths.append(len(inner))
            inner = inner[0]
        return digest(repr(lengths))

    return work


def json_dumps(bench: Any) -> Work:
    module = bench.module()
    cases = [getattr(module, name) for name in module.CASES]
    data = [(value, range(count)) for value, count in cases]

    def work() -> object:
        (texts,) = record_last(bench.size, lambda: module.bench_json_dumps(data), json, "dumps")
        return digest("".join(texts))

    return work


def json_loads(bench: Any) -> Work:
    module = bench.module()
    texts = [json.dumps(value) for value in (module.DICT, module.TUPLE, module.DICT_GROUP)]

    def work() -> object:
        (values,) = record_last(bench.size, lambda: module.bench_json_loads(texts), json, "loads")
        return digest(repr(values))

    return work


def regex_dna(bench: Any) -> Work:
    module = bench.module()
    sequence = module.init_benchmarks(bench.size, module.DEFAULT_RNG_SEED)
    return lambda: module.run_benchmarks(sequence)


def regex_effbot(bench: Any) -> Work:
    module = bench.module()

    def work() -> object:
        (found,) = record_last(bench.size, lambda: module.bench_regex_effbot(1), re, "search")
        return digest(repr([one and one.span() for one in found]))

    return work


def regex_v8(bench: Any) -> Work:
    module = bench.module()

    def work() -> object:
        found, replaced = record_last(
            bench.size, lambda: module.bench_regex_v8(1), re, "search", "sub"
        )
        return digest(repr([[one and one.span() for one in found], replaced]))

    return work


def sqlite_synth(bench: Any) -> Work:
    module = bench.module()

    def work() -> object:
        module.bench_sqlite(bench.size)
        average = module.AvgLength()
        for number in range(bench.size):
            average.step(str(number))
        return average.finalize()

    return work


class _Printed(io.StringIO):
    """Keeps what was printed before the program throws it away."""

    def truncate(self, size: int | None = None) -> int:
        _Printed.text = self.getvalue()
        return super().truncate(size)

    text = ""


def telco(bench: Any) -> Work:
    module = bench.module()
    path = bench.path("data", "telco-bench.b")

    def work() -> object:
        original = io.StringIO
        io.StringIO = _Printed  # type: ignore[misc]
        try:
            module.bench_telco(bench.size, path)
        finally:
            io.StringIO = original  # type: ignore[misc]
        return digest(_Printed.text)

    return work


def xml_etree_parse(bench: Any) -> Work:
    """ARGS is the program's benchmark; digested is the tree after a way through file and text."""
    import xml.etree.ElementTree as etree

    module = bench.module()
    run = getattr(module, "bench_" + bench.args[0])
    path = os.path.abspath("tree.xml")

    def work() -> object:
        root = module.build_xml_tree(etree)
        data = etree.tostring(root)
        with open(path, "wb") as stream:
            stream.write(data)
        for _ in range(bench.size):
            run(etree, path, data, root)
        return [digest(data), digest(module.process(etree, xml_root=root))]

    return work


xml_etree_iterparse = xml_etree_generate = xml_etree_process = xml_etree_parse
