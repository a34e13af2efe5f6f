// Runs a Python program by Pyodide, as CPython runs a script:
//
//     node pyodide.mjs PYODIDE PROGRAM [ARGUMENT ...]
//
// PYODIDE is the folder of npm's package. The program is __main__, its folder is the first in
// sys.path and lies in Pyodide's file system under its own path, as does the working directory.
// What is printed goes byte by byte to the streams of this process, tracebacks too; the exit
// status is what CPython's would be. Nothing is fetched: packages are those of the standard library.

import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

// What runs the program, in Python. The frames of this text are no part of tracebacks.
const RUN = `
def run(path, words):
    import atexit, io, os, sys, threading
    import __main__

    sys.argv[:] = [path, *words]
    sys.path.insert(0, os.path.dirname(path))
    names = vars(__main__)
    for name in [name for name in names if not name.startswith("__")]:
        del names[name]
    names["__file__"] = path

    status = 0
    try:
        with io.open_code(path) as file:
            source = file.read()
        exec(compile(source, path, "exec"), names)
    except SystemExit as end:
        if isinstance(end.code, int):
            status = end.code & 0xFF
        elif end.code is not None:
            print(end.code, file=sys.stderr)
            status = 1
    except BaseException as error:
        status = 130 if isinstance(error, KeyboardInterrupt) else 1
        sys.excepthook(type(error), error, error.__traceback__.tb_next)
    threading._shutdown()
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    return status

run
`;

function writer(descriptor) {
    return {
        isatty: false,
        write(bytes) {
            let written = 0;
            while (written < bytes.length) {
                try {
                    written += fs.writeSync(descriptor, bytes, written);
                } catch (error) {
                    if (error.code !== "EAGAIN") throw error;
                }
            }
            return bytes.length;
        },
    };
}

const [folder, given, ...words] = process.argv.slice(2);
const program = path.resolve(given);
const { loadPyodide } = await import(pathToFileURL(path.join(folder, "pyodide.mjs")));
const variables = Object.entries(process.env).filter(([name]) => name.startsWith("PYTHON"));
const pyodide = await loadPyodide({ env: { HOME: "/home/pyodide", ...Object.fromEntries(variables) } });
pyodide.setStdout(writer(1));
pyodide.setStderr(writer(2));
for (const one of new Set([path.dirname(program), process.cwd()])) {
    pyodide.FS.mkdirTree(one);
    if (pyodide.FS.readdir(one).length <= 2) pyodide.mountNodeFS(one, one);
}
pyodide.FS.chdir(process.cwd());
const run = pyodide.runPython(RUN, { filename: "<pyodide.mjs>" });
process.exit(run(program, pyodide.toPy(words)));
