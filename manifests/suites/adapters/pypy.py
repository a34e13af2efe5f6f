"""What is called in PyPy's own benchmark programs, and what of it is digested.

Each program has a `main(n)` that does its work n times and returns seconds. Here the function that
main times is called, with the manifest's size where the source has a constant, and what it computed
is digested: what it returns, else what it prints, else what it leaves in its arguments or module.

Floats are digested to 12 significant digits: a C compiler may contract a multiplication and an
addition.
"""

import contextlib
import hashlib
import io
import random
import time
from array import array

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


def digest(data):
    """The SHA-256 of a text, of bytes, or of floats in a sequence."""
    if not isinstance(data, (str, bytes)):
        data = " ".join([f"{value:.12g}" for value in data])
    if isinstance(data, str):
        data = data.encode("utf-8")
    return hashlib.sha256(data).hexdigest()


def printed(function, *args):
    """What a function prints."""
    stream = io.StringIO()
    with contextlib.redirect_stdout(stream):
        function(*args)
    return stream.getvalue()


def b(bench):
    module = bench.module()
    table = module.table
    return lambda: digest(module.a().main(table))


def binary_trees(bench):
    module = bench.module()
    return lambda: printed(module.main, bench.size)


def bm_mdp(bench):
    module = bench.module()
    return lambda: digest([module.Battle().evaluate(0.192)])


def chaos(bench):
    """`size` times 5000 points. The image is taken where it would be written to a file."""
    module = bench.module()
    images = []
    module.save_im = lambda image, name: images.append(image)

    def work():
        random.seed(1234)
        module.main(bench.size)
        return digest(b"".join([bytes(bytearray(column)) for column in images.pop()]))

    return work


def crypto_pyaes(bench):
    """What crypto_pyaes.py does with the module pyaes: AES-128 in CBC mode, there and back."""
    module = bench.module()
    text = b"This is a test. What could possibly go wrong? " * bench.size
    key = bytes(bytearray(range(16)))
    start = bytes(bytearray(range(100, 116)))

    def work():
        ciphertext = module.new(key, module.MODE_CBC, start).encrypt(text)
        plaintext = module.new(key, module.MODE_CBC, start).decrypt(ciphertext)
        return digest(bytes(ciphertext)), digest(bytes(plaintext))

    return work


def deltablue(bench):
    """The program checks the variables it solved and prints what is wrong: nothing should be."""
    module = bench.module()

    def work():
        complaints = []
        marks = []
        for _ in range(bench.size):
            complaints.append(printed(module.delta_blue))
            marks.append(module.planner.current_mark)
        return complaints, marks

    return work


def fannkuch(bench):
    module = bench.module()
    return lambda: module.fannkuch(bench.size)


def fasta(bench):
    module = bench.module()
    return lambda: digest(printed(module.main, bench.size))


def fib(bench):
    module = bench.module()
    return lambda: module.fib(bench.size)


def float(bench):
    module = bench.module()

    def work():
        point = module.benchmark(bench.size)
        return digest([point.x, point.y, point.z])

    return work


def gcbench(bench):
    """`size` is the depth of the largest tree; the shape of a small one is digested."""
    module = bench.module()
    module.kStretchTreeDepth = bench.size
    module.kLongLivedTreeDepth = bench.size - 2
    depths = range(module.kMinTreeDepth, bench.size - 1, 2)

    def shape(node):
        return [] if node is None else [shape(node.left), shape(node.right)]

    def work():
        module.main(1, depths)
        root = module.Node()
        module.populate(5, root)
        counts = [module.num_iters(depth) for depth in depths]
        return counts, shape(module.make_tree(5)), shape(root)

    return work


def go(bench):
    module = bench.module()

    def work():
        moves = []
        for seed in range(bench.size):
            random.seed(seed)
            moves.append(module.computer_move(module.Board()))
        return moves

    return work


def hexiom2(bench):
    """A board of ours, as large as level 36, which CPython would search for 10 to 20 seconds."""
    module = bench.module()
    strategy = module.Done.FIRST_STRATEGY
    return lambda: printed(module.solve_file, BOARD, strategy, module.DESCENDING)


def json_bench(bench):
    module = bench.module()

    def work():
        module.main(1)
        return [digest(module.json.dumps(getattr(module, case)[0])) for case in module.cases]

    return work


def meteor_contest(bench):
    module = bench.module()
    places = len(module.board)
    pieces = range(len(module.pieces))

    def work():
        solutions = []
        module.solve(bench.size, 0, frozenset(range(places)), [-1] * places, pieces, solutions)
        return digest("\n".join(solutions))

    return work


def nbody_modified(bench):
    """Every repetition goes on where the last one ended."""
    module = bench.module()

    def work():
        module.offset_momentum(module.BODIES["sun"])
        module.report_energy()
        module.advance(0.01, bench.size)
        module.report_energy()
        bodies = module.BODIES.values()
        return digest([value for place, speed, _ in bodies for value in place + speed])

    return work


def nqueens(bench):
    module = bench.module()
    return lambda: module.run()


def pidigits(bench):
    module = bench.module()
    return lambda: module.pidigits(bench.size)


def pyflate_fast(bench):
    module = bench.module()
    with open(bench.path("interpreter.tar.bz2"), "rb") as stream:
        packed = stream.read()

    def work():
        field = module.RBitfield(io.BytesIO(packed))
        assert field.readbits(16) == 0x425A
        return digest(module.bzip2_main(field))

    return work


def raytrace_simple(bench):
    """`size` is the width and the height of the picture; the source has 100."""
    module = bench.module()
    canvases = []
    make = module.PpmCanvas

    def canvas(width, height, name):
        canvases.append(make(bench.size, bench.size, name))
        return canvases[-1]

    module.PpmCanvas = canvas

    def work():
        module._main()
        return digest(canvases.pop().bytes.tobytes())

    return work


def scimark_fft(bench):
    """`size` transforms of 1024 complex numbers, and back."""
    module = bench.module()

    def work():
        count = 2 * 1024
        data = module.Random(7).RandomVector(count)
        for _ in range(bench.size):
            module.FFT_transform(count, data)
            module.FFT_inverse(count, data)
        return digest(data)

    return work


def scimark_lu(bench):
    """The LU decomposition of a random matrix of `size` rows."""
    module = bench.module()
    size = bench.size
    matrix = module.Random(7).RandomMatrix(module.ArrayList(size, size))

    def work():
        factors = module.ArrayList(size, size)
        pivot = array("i", [0]) * size
        factors.copy_data_from(matrix)
        module.LU_factor(factors, pivot)
        return digest([value for row in factors.data for value in row]), list(pivot)

    return work


def scimark_monte_carlo(bench):
    module = bench.module()
    return lambda: digest([module.MonteCarlo_integrate(bench.size)])


def scimark_sor(bench):
    """`size` sweeps over 100 x 100 numbers: random, where the source has zeros."""
    module = bench.module()

    def work():
        grid = module.Random(7).RandomMatrix(module.Array2D(100, 100))
        module.SOR_execute(1.25, grid, bench.size)
        return digest(grid.data)

    return work


def scimark_sparse_mat_mult(bench):
    """`size` products with 1000 rows of 50 numbers: random, where the source has zeros."""
    module = bench.module()
    rows, in_row = 1000, 50
    generator = module.Random(7)
    values = generator.RandomVector(rows * in_row)
    vector = generator.RandomVector(rows)
    starts = array("i", [row * in_row for row in range(rows + 1)])
    steps = [max(row // in_row, 1) for row in range(rows)]
    columns = array("i", [place * step for step in steps for place in range(in_row)])

    def work():
        product = array("d", [0.0]) * rows
        module.SparseCompRow_matmult(rows, product, values, starts, columns, vector, bench.size)
        return digest(product)

    return work


def spectral_norm(bench):
    module = bench.module()

    def work():
        u = [1] * bench.size
        for _ in range(10):
            v = module.eval_AtA_times_u(u)
            u = module.eval_AtA_times_u(v)
        return digest(u + v)

    return work


def sqlitesynth(bench):
    module = bench.module()
    return lambda: module._main()


def telco(bench):
    time.clock = time.perf_counter  # gone from Python 3.8 and later
    module = bench.module()
    module.filename = bench.path("telco-bench.b")

    def work():
        module.run()
        with open("telco.out") as stream:
            return digest(stream.read())

    return work
