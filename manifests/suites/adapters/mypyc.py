"""What is called in mypyc's own benchmarks, and what of it is digested.

A file of theirs registers functions with its module `benchmarking`, which is used as it is; the
functions return nothing, and nearly all of them assert that what they computed is right. So they
are called by their registration, as often as the manifest's size says, and the names of those that
passed are the result. Of the whole programs in `benchmarks/` more can be had: what they return or
leave behind. Floats are rounded to 12 significant digits, because a C compiler may contract a
multiplication and an addition.
"""

import hashlib
import io


def digits(value):
    """A float with 12 significant digits."""
    return float(f"{value:.12g}")


def default(bench):
    """All functions that the file registers, or those named in the manifest's args."""
    bench.module()
    import benchmarking

    there = {one.name: one for one in benchmarking.benchmarks}
    chosen = [there[name] for name in bench.args] or list(there.values())

    def work():
        for one in chosen:
            for _ in range(bench.size):
                one.perform(benchmarking.BenchmarkContext())
        return [one.name for one in chosen]

    return work


def binary_trees(bench):
    module = bench.module()

    def work():
        # What their function does, which prints, for a smaller deepest tree than its 18.
        deepest = bench.size
        checks = [module.Tree(deepest + 1).check()]
        long_lived = module.Tree(deepest)
        for depth in range(4, deepest + 1, 2):
            count = 2 ** (deepest + 4 - depth)
            checks.append(sum(module.Tree(depth).check() for _ in range(count)))
        return [*checks, long_lived.check()]

    return work


def deltablue(bench):
    module = bench.module()

    def work():
        module.run_delta_blue(bench.size)  # prints what failed: compared too
        return module.planner.current_mark

    return work


def bm_float(bench):
    module = bench.module()

    def work():
        for _ in range(bench.size):
            module.bm_float()  # asserts its result
        points = [module.Point(number) for number in range(100)]
        for point in points:
            point.normalize()
        highest = module.maximize(points)
        return [digits(value) for value in (highest.x, highest.y, highest.z)]

    return work


def hexiom(bench):
    module = bench.module()

    def work():
        module.main(bench.size, module.DEFAULT_LEVEL)  # raises where the solution is wrong
        board, _ = module.LEVELS[module.DEFAULT_LEVEL]
        solution = io.StringIO()
        module.solve_file(board.strip(), 3, -1, solution)  # by first cell, descending: as main
        return solution.getvalue()

    return work


def nqueens(bench):
    module = bench.module()
    return lambda: [list(solution) for solution in module.do_n_queens(bench.size)]


def raytrace(bench):
    module = bench.module()

    def work():
        module.bench_raytrace(1, bench.size, bench.size, "image.ppm")
        with open("image.ppm", "rb") as image:
            return hashlib.sha256(image.read()).hexdigest()

    return work


def richards(bench):
    module = bench.module()

    def work():
        has_passed = module.Richards().run(bench.size)
        area = module.taskWorkArea
        return [has_passed, area.holdCount, area.qpktCount]

    return work


def spectral_norm(bench):
    module = bench.module()

    def work():
        u = [1.0] * bench.size
        for _ in range(10):
            v = module.eval_AtA_times_u(u)
            u = module.eval_AtA_times_u(v)
        return [digits(value) for value in (*u, *v)]

    return work
