/* The main program of what is compiled for wasm32-wasi: a CPython that is linked in, and one module.

Built with PROGRAM_NAME (the module's name in quotes) and PROGRAM_INIT (its initialisation function)
it runs `import MODULE; MODULE.main()`, as the same module built for this machine is run by
`python -c`: so tracebacks, `sys.exit` and the exit status are those of CPython. Built without them
it is CPython itself, with CPython's command line.

Either way modules are looked for where PYTHONPATH says, and nowhere else: what there is of a
standard library is named there. Nothing is written: no byte code, and no path is guessed. */

#include <Python.h>
#include <stdlib.h>
#include <string.h>

/* WASI has no dynamic libraries, and libpython was built to be told so when it asks for one. */

void *dlopen(const char *path, int mode)
{
    (void)path;
    (void)mode;
    return NULL;
}

void *dlsym(void *library, const char *name)
{
    (void)library;
    (void)name;
    return NULL;
}

int dlclose(void *library)
{
    (void)library;
    return 0;
}

char *dlerror(void)
{
    return (char *)"WASI has no dynamic libraries";
}

#ifdef PROGRAM_NAME
PyMODINIT_FUNC PROGRAM_INIT(void);
#endif

static void check(PyStatus status)
{
    if (PyStatus_Exception(status)) {
        Py_ExitStatusException(status);
    }
}

/* What PYTHONPATH names, in order: the whole of sys.path. */
static void set_search_path(PyConfig *config)
{
    const char *rest = getenv("PYTHONPATH");
    config->module_search_paths_set = 1;
    while (rest != NULL && *rest != '\0') {
        const char *end = strchr(rest, ':');
        size_t length = end == NULL ? strlen(rest) : (size_t)(end - rest);
        char *entry = strndup(rest, length);
        wchar_t *decoded = entry == NULL ? NULL : Py_DecodeLocale(entry, NULL);
        if (decoded == NULL) {
            check(PyStatus_NoMemory());
        }
        check(PyWideStringList_Append(&config->module_search_paths, decoded));
        PyMem_RawFree(decoded);
        free(entry);
        rest = end == NULL ? NULL : end + 1;
    }
}

int main(int argc, char **argv)
{
    PyPreConfig before;
    PyPreConfig_InitPythonConfig(&before);
    before.utf8_mode = 1; /* texts and names of files are UTF-8, as under LANG=C.UTF-8 */
    check(Py_PreInitialize(&before));

    PyConfig config;
    PyConfig_InitPythonConfig(&config);
    config.write_bytecode = 0;
    config.pathconfig_warnings = 0;
    config.safe_path = 1; /* the folder of the script, or "", is not put in front of PYTHONPATH */
#ifdef PROGRAM_NAME
    if (PyImport_AppendInittab(PROGRAM_NAME, PROGRAM_INIT) < 0) {
        check(PyStatus_NoMemory());
    }
    argv[0] = (char *)"-c";
    config.parse_argv = 0; /* all arguments are the program's */
    check(PyConfig_SetString(&config, &config.run_command,
                             L"import " PROGRAM_NAME "; " PROGRAM_NAME ".main()\n"));
#endif
    check(PyConfig_SetBytesArgv(&config, argc, argv));
    set_search_path(&config);
    check(Py_InitializeFromConfig(&config));
    PyConfig_Clear(&config);
    Py_SetRecursionLimit(1000); /* as elsewhere; built for WASI it is 600, for a small stack */
    return Py_RunMain();
}
