"""Compiles WebAssembly to machine code, and runs it: over the library of the `wasmtime` wheel.

    host.py LIBRARY compile --cpu=baseline|native MODULE.wasm MODULE.cwasm
    host.py LIBRARY run [--dir=FOLDER]... MODULE.cwasm [ARGUMENT]...

LIBRARY is the shared library that the wheel carries. It is spoken to through its C interface, since
what counts is how soon a program starts: the wheel's own Python classes take longer to import than
a small program takes to run. The interface is that of the pinned version of the wheel.

A program that is run is a WASI command. It gets this process's environment and standard streams;
the working folder and TMPDIR to write in; and the folders that `--dir` names, under the paths that
they have here, to read. Its exit status is this process's. What WebAssembly itself ends (a stack
that is full, an address that is none, `abort`) is told on standard error, with exit status 134 as
of a process that aborts.

Modules are compiled for a CPU that every machine of the architecture is (`--cpu=baseline`), or for
the one that compiles (`--cpu=native`). Either way they run with the same library alone.

Run with `-I -S`: PYTHON... variables are the program's, and nothing of site-packages is needed.
"""

import _signal
import _thread
import ctypes
import os
import sys

# Recursion that CPython counts and stops is 1,000 calls deep, some of them of several frames of
# machine code; this is what it takes several times over. The program's own stack, where C keeps
# what it takes the address of, lies in its memory: the linker says how large that is.
WASM_STACK_BYTES = 64 << 20
THREAD_STACK_BYTES = WASM_STACK_BYTES + (16 << 20)  # the rest is for what is called from there

SPEED = 1  # what is optimised for
I32 = 0  # a value's kind
ABORTED = 134

pointer = ctypes.c_void_p
HOST_FUNCTION = ctypes.CFUNCTYPE(
    pointer, pointer, pointer, pointer, ctypes.c_size_t, pointer, ctypes.c_size_t
)


class Bytes(ctypes.Structure):
    """A vector of bytes that the library owns, or of pointers."""

    _fields_ = [("size", ctypes.c_size_t), ("data", pointer)]

    def text(self) -> str:
        return ctypes.string_at(self.data, self.size).decode("utf-8", "replace")


class Library:
    """The functions of the library; each gives a pointer where nothing else is said."""

    def __init__(self, path: str) -> None:
        self._library = ctypes.CDLL(path)

    def __getattr__(self, name: str):  # type: ignore[no-untyped-def]
        function = getattr(self._library, name)
        function.restype = pointer
        return function


def main() -> None:
    library, command, *words = sys.argv[1:]
    wasmtime = Library(library)
    options = []
    while words and words[0].startswith("--"):
        name, _, value = words.pop(0).partition("=")
        options.append((name, value))
    if command == "compile":
        compile_module(wasmtime, dict(options)["--cpu"], *words)
        return
    folders = [value for name, value in options if name == "--dir"]
    # The stack of the main thread is as large as a limit says, and this one as large as we say.
    _thread.stack_size(THREAD_STACK_BYTES)
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)  # as of a program without a handler
    _thread.start_new_thread(run_to_end, (wasmtime, folders, words))
    while True:
        _signal.pause()


def compile_module(wasmtime: Library, cpu: str, origin: str, destination: str) -> None:
    """Write the machine code of a module."""
    config = pointer(wasmtime.wasm_config_new())
    wasmtime.wasmtime_config_cranelift_opt_level_set(config, ctypes.c_uint8(SPEED))
    if cpu != "native":
        system = os.uname()
        machine = {"arm64": "aarch64"}.get(system.machine, system.machine)
        vendor = {"Darwin": "apple-darwin"}.get(system.sysname, "unknown-linux-gnu")
        target = f"{machine}-{vendor}".encode()
        must(wasmtime, wasmtime.wasmtime_config_target_set(config, target))
    engine = pointer(wasmtime.wasm_engine_new_with_config(config))
    with open(origin, "rb") as stream:
        code = stream.read()
    module, compiled = pointer(), Bytes()
    must(
        wasmtime,
        wasmtime.wasmtime_module_new(
            engine, code, ctypes.c_size_t(len(code)), ctypes.byref(module)
        ),
    )
    must(wasmtime, wasmtime.wasmtime_module_serialize(module, ctypes.byref(compiled)))
    with open(destination, "wb") as stream:
        stream.write(ctypes.string_at(compiled.data, compiled.size))


def run_to_end(wasmtime: Library, folders: list[str], words: list[str]) -> None:
    """Run a program, and end the process as it ends."""
    try:
        run(wasmtime, folders, words)
    except BaseException as error:
        os.write(2, f"host.py: {error}\n".encode())
        os._exit(ABORTED)


def run(wasmtime: Library, folders: list[str], words: list[str]) -> None:
    config = pointer(wasmtime.wasm_config_new())
    wasmtime.wasmtime_config_async_stack_size_set(config, ctypes.c_size_t(THREAD_STACK_BYTES))
    wasmtime.wasmtime_config_max_wasm_stack_set(config, ctypes.c_size_t(WASM_STACK_BYTES))
    engine = pointer(wasmtime.wasm_engine_new_with_config(config))
    module = pointer()
    path = os.fsencode(words[0])
    if words[0].endswith(".wasm"):
        with open(words[0], "rb") as stream:
            code = stream.read()
        size = ctypes.c_size_t(len(code))
        must(wasmtime, wasmtime.wasmtime_module_new(engine, code, size, ctypes.byref(module)))
    else:
        must(
            wasmtime,
            wasmtime.wasmtime_module_deserialize_file(engine, path, ctypes.byref(module)),
        )
    store = pointer(wasmtime.wasmtime_store_new(engine, None, None))
    context = pointer(wasmtime.wasmtime_store_context(store))
    must(wasmtime, wasmtime.wasmtime_context_set_wasi(context, world(wasmtime, folders, words)))
    linker = pointer(wasmtime.wasmtime_linker_new(engine))
    must(wasmtime, wasmtime.wasmtime_linker_define_wasi(linker))
    exits = define_exit(wasmtime, linker)
    instance, trap = ctypes.create_string_buffer(64), pointer()
    must(
        wasmtime,
        wasmtime.wasmtime_linker_instantiate(linker, context, module, instance, ctypes.byref(trap)),
        trap,
    )
    start = ctypes.create_string_buffer(64)
    found = wasmtime.wasmtime_instance_export_get(
        context, instance, b"_start", ctypes.c_size_t(6), start
    )
    if not (found or 0) & 1:
        raise RuntimeError(f"{words[0]} is no command: it has no _start")
    function = ctypes.byref(start, 8)  # behind the kind of what is exported
    nothing = ctypes.c_size_t(0)
    error = wasmtime.wasmtime_func_call(
        context, function, None, nothing, None, nothing, ctypes.byref(trap)
    )
    must(wasmtime, error, trap)
    del exits
    os._exit(0)


def define_exit(wasmtime: Library, linker: ctypes.c_void_p) -> object:
    """Let WASI's `proc_exit` end this process at once: the library takes no status above 125.

    What is returned must be kept for as long as it may be called.
    """

    def leave(data, caller, arguments, count, results, result_count):  # type: ignore[no-untyped-def]
        os._exit(ctypes.c_uint32.from_address(arguments + 8).value & 0xFF)

    called = HOST_FUNCTION(leave)
    one, none = Bytes(), Bytes()
    kinds = (pointer * 1)(wasmtime.wasm_valtype_new(ctypes.c_uint8(I32)))
    wasmtime.wasm_valtype_vec_new(ctypes.byref(one), ctypes.c_size_t(1), kinds)
    wasmtime.wasm_valtype_vec_new_empty(ctypes.byref(none))
    kind = pointer(wasmtime.wasm_functype_new(ctypes.byref(one), ctypes.byref(none)))
    wasmtime.wasmtime_linker_allow_shadowing(linker, ctypes.c_bool(True))
    module, name = b"wasi_snapshot_preview1", b"proc_exit"
    must(
        wasmtime,
        wasmtime.wasmtime_linker_define_func(
            linker,
            module,
            ctypes.c_size_t(len(module)),
            name,
            ctypes.c_size_t(len(name)),
            kind,
            called,
            None,
            None,
        ),
    )
    return called


def world(wasmtime: Library, folders: list[str], words: list[str]) -> ctypes.c_void_p:
    """What a program sees of this process: arguments, environment, streams, folders."""
    config = pointer(wasmtime.wasi_config_new())
    given = [os.fsencode(word) for word in words]
    listed = (ctypes.c_char_p * len(given))(*given)
    wasmtime.wasi_config_set_argv(config, ctypes.c_size_t(len(given)), listed)
    names, values = zip(*os.environb.items(), strict=True) if os.environb else ((), ())
    wasmtime.wasi_config_set_env(
        config,
        ctypes.c_size_t(len(names)),
        (ctypes.c_char_p * len(names))(*names),
        (ctypes.c_char_p * len(values))(*values),
    )
    for stream in ("stdin", "stdout", "stderr"):
        getattr(wasmtime, f"wasi_config_inherit_{stream}")(config)
    own = [b"."]
    if temporary := os.environb.get(b"TMPDIR"):
        own.append(temporary)
    for folder in dict.fromkeys([*own, *map(os.fsencode, folders)]):
        may_write = ctypes.c_bool(folder in own)
        done = wasmtime.wasi_config_preopen_dir(config, folder, folder, may_write)
        if not (done or 0) & 1:
            raise RuntimeError(f"the folder {os.fsdecode(folder)} cannot be opened")
    return config


def must(wasmtime: Library, error: int | None, trap: ctypes.c_void_p | None = None) -> None:
    """Raise `RuntimeError` in the library's words where something went wrong."""
    message = Bytes()
    if error:
        wasmtime.wasmtime_error_message(pointer(error), ctypes.byref(message))
    elif trap:
        wasmtime.wasm_trap_message(trap, ctypes.byref(message))
    else:
        return
    # Where it is of WebAssembly, a list of its functions by number comes first.
    raise RuntimeError(" ".join(message.text().rpartition("Caused by:")[2].split()))


if __name__ == "__main__":
    main()
