"""What is wrong with a manifest is said at the place where it is wrong, with what may be done."""

from __future__ import annotations

from pathlib import Path

import pytest
from manifest_projects import FILES, ManifestProject, lone_project

PROJECT = "manifests/project.toml"
CACHE = "manifests/cache.toml"
RELEASE = "manifests/profiles/release.toml"
CPYTHON = "manifests/toolchains/cpython.toml"
GCC = "manifests/toolchains/gcc.toml"
TOYC = "manifests/toolchains/toyc.toml"
TOYS = "manifests/workloads/toys.toml"
LANE = "manifests/lanes/toy_lane.toml"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ManifestProject:
    return lone_project(tmp_path / "project", monkeypatch)


def test_the_project_is_valid(project: ManifestProject) -> None:
    assert project.diagnostics() == []


# file, what is replaced, by what, where `^` marks the reported place; path; message; hint
CASES = [
    # Shape of one file.
    (
        PROJECT,
        'default_profile = "release"',
        "^default_profile = 3",
        "default_profile",
        "expected a name",
        "",
    ),
    (CACHE, '"1.5 GB"', '"5 GO"', "store_size_limit", "'5 GO' is not a size", ""),
    (
        PROJECT,
        'name = "toys"',
        'name = "toys"\n^store_size_limit = "1 GB"',
        "store_size_limit",
        "unknown key",
        "it belongs to the cache manifest",
    ),
    (CACHE, "slots = 3", "^slots = 0", "shards[0].slots", "at least 1", ""),
    (CACHE, "slots = 3", "^slots = 2.5", "shards[0].slots", "a whole number, found", ""),
    (CACHE, "slots = 3\n", "", "shards[0].slots", "missing key", "How many builds"),
    (CACHE, '"TOY_HOME"', '^"TOY-HOME"', "key.environment[0]", "is not the name of an env", ""),
    (CACHE, '"TOY_HOME"', '^"PATH"', "key.environment[0]", "the same for every stage", ""),
    (CACHE, '"programs/', '^"/programs/', "key.files[0]", "is not a path relative to", ""),
    (CACHE, '"programs/', '^"../programs/', "key.files[0]", "leaves the project", "no '..'"),
    (
        CACHE,
        'toolchain = "toyc"',
        '^toolchain = "toy"',
        "shards[0].toolchain",
        "there is no toolchain 'toy'",
        "did you mean 'toyc'?",
    ),
    (
        CACHE,
        'profile = "release"',
        '^profile = "relaese"',
        "shards[0].profile",
        "there is no profile 'relaese'",
        "did you mean 'release'?",
    ),
    (
        CACHE,
        'workload = "toys"',
        '^workload = "tyos"',
        "shards[0].workload",
        "there is no workload 'tyos'",
        "did you mean 'toys'?",
    ),
    (
        CACHE,
        'profile = "release"',
        '^profile = "Any"',
        "shards[0].profile",
        "is not a name, or",
        "",
    ),
    (
        CACHE,
        "slots = 2",
        'slots = 2\n\n[[^shards]]\nprofile = "dev"\nslots = 1',
        "shards[2]",
        "never applies: shards[1] fits all",
        "last",
    ),
    (
        CACHE,
        "backoff_max_s = 0.5",
        "^backoff_max_s = 0.001",
        "locks.backoff_max_s",
        "the longest sleep, 0.001 s, is less than the shortest, 0.005 s",
        "",
    ),
    (
        CACHE,
        "slot_timeout_s = 60",
        "^slot_timeout_s = 0",
        "locks.slot_timeout_s",
        "more than 0",
        "",
    ),
    (
        CACHE,
        "slot_timeout_s = 60",
        "^slots_timeout_s = 60",
        "locks.slots_timeout_s",
        "unknown key",
        "did you mean 'slot_timeout_s'?",
    ),
    (PROJECT, 'name = "toys"', '^name = "Toys"', "name", "'Toys' is not a name", ""),
    (PROJECT, 'name = "toys"', '^name = "toys\\n"', "name", "is not a name", ""),
    (
        PROJECT,
        'description = "A project',
        '^discription = "A project',
        "discription",
        "unknown key",
        "did you mean 'description'?",
    ),
    (TOYC, "timeout_s = 30", "^timeout_s = -1", "stages[0].timeout_s", "more than 0", ""),
    (TOYC, "timeout_s = 30", '^timeout_s = "30"', "stages[0].timeout_s", "a number, found", ""),
    (
        TOYC,
        'digest = "tokens"',
        '^digest = "token"',
        "stages[0].digest",
        "'token' is not allowed",
        "did you mean 'tokens'?",
    ),
    (
        TOYC,
        'engine = "compiler"',
        '^engine = "translator"',
        "engine",
        "'translator' is not allowed",
        "allowed: compiler, interpreter",
    ),
    (
        TOYC,
        '[stages.environment]\nLC_ALL = "C"',
        '[stages.environment]\n^LC-ALL = "C"',
        "stages[2].environment.LC-ALL",
        "the key 'LC-ALL' is not the name of an environment",
        "",
    ),
    (
        TOYC,
        "[targets.native]",
        "[targets.^Native]",
        "targets.Native",
        "the key 'Native' is not a name",
        "",
    ),
    (
        TOYC,
        'programs = ["toy_async*"]',
        'programs = ["toy_async*", ^"toy_async*"]',
        "unsupported[0].programs[1]",
        "is listed twice",
        "first as element 0",
    ),
    (
        TOYC,
        'programs = ["toy_async*"]',
        'tags = ["exceptions", ^"imprts"]',
        "unsupported[0].tags[1]",
        "no program has the tag 'imprts'",
        "did you mean 'imports'?",
    ),
    (
        GCC,
        'names = ["gcc"]',
        'names = ["gcc"]\n^path = "/usr/bin/gcc"',
        "executables.gcc.path",
        "needs exactly one of names, path, query, python, built_by; has names and path",
        "",
    ),
    (
        GCC,
        '[executables.gcc]\nnames = ["gcc"]',
        "[executables.^gcc]",
        "executables.gcc",
        "needs exactly one of names",
        "",
    ),
    (
        GCC,
        "[provides.cc]",
        '[provides.ld]\ncommand = ["x"]\n[provides.cc]',
        "provides",
        "must have at most 1 key, has 2",
        "",
    ),
    (LANE, 'columns = ["wall_s"]', '^metric = "walls"', "metric", "'walls' is not", "'wall_s'?"),
    (LANE, "min_effect = 0.02", "^min_effect = 2", "min_effect", "2 must be at most 1", ""),
    (LANE, 'workloads = ["toys"]', "^workloads = []", "workloads", "at least 1 element", ""),
    (LANE, 'workloads = ["toys"]', 'workloads = ["toys", ^7]', "workloads[1]", "expected a", ""),
    (
        TOYS,
        'project = "programs"',
        '^archive = "a.tar"',
        "source.sha256",
        "missing key, which 'archive' needs",
        "",
    ),
    (
        TOYS,
        'project = "programs"',
        'git = "https://h/r"\n^commit = "abc"',
        "source.commit",
        "'abc' is not a full commit id",
        "",
    ),
    (
        TOYS,
        'kind = "workload"',
        '^kind = "workloads"',
        "kind",
        "expected 'workload'",
        "did you mean 'workload'?",
    ),
    (TOYS, 'kind = "workload"\n', "", "kind", "missing key", "The kind"),
    (TOYS, "schema_version = 1", "^schema_version = 2", "schema_version", "expected 1", ""),
    (
        TOYS,
        "#:schema ../../schemas/workload.schema.json\n",
        "",
        "#:schema",
        "the first line must name",
        "write: #:schema ../../schemas/workload.schema.json",
    ),
    (TOYS, "schemas/workload", "schemas/lane", "#:schema", "but the kind is 'workload'", "write"),
    (TOYS, '[source]\nproject = "programs"', "", "source", "missing key", "Where the files"),
    (TOYS, 'name = "toy_sum"\n', "", "programs[0].name", "missing key", "unique over all"),
    # Names of other manifests.
    (
        PROJECT,
        'default_toolchain = "toyc"',
        '^default_toolchain = "tooyc"',
        "default_toolchain",
        "there is no toolchain 'tooyc'",
        "did you mean 'toyc'?",
    ),
    (
        PROJECT,
        '"release"',
        '"fastest"',
        "default_profile",
        "there is no profile 'fastest'",
        "profiles: dev, release",
    ),
    (RELEASE, 'inherits = "dev"', '^inherits = "def"', "inherits", "no profile 'def'", "'dev'?"),
    (RELEASE, "[roles.cc]", "[roles.^cxx]", "roles.cxx", "no toolchain provides the role", ""),
    (RELEASE, "compile =", "^compiles =", "roles.cc.compiles", "no stage asks for", "'compile'?"),
    (RELEASE, '"-O2"', '^"{object}"', "roles.cc.compile[0]", "flags are not expanded", ""),
    (LANE, 'workloads = ["toys"]', 'workloads = [^"toy"]', "workloads[0]", "no workload", "toys"),
    (
        LANE,
        'reference = "cpython"',
        '^reference = "cpthon"',
        "reference",
        "no toolchain",
        "did you mean 'cpython'?",
    ),
    (LANE, 'engines = ["toyc"]', 'engines = ["toyc", ^"x"]', "engines[1]", "no tool", ""),
    (
        LANE,
        'engines = ["toyc"]',
        'engines = ["toyc"]\noptional = [^"toyc"]',
        "optional[0]",
        "among the engines already",
        "",
    ),
    (
        LANE,
        'subject = "toyc"',
        '^subject = "cpython"',
        "subject",
        "is not among the lane's",
        "toyc",
    ),
    (LANE, 'columns = ["wall_s"]', 'columns = [^"wall"]', "columns[0]", "not allowed", "wall_s"),
    (
        LANE,
        'columns = ["wall_s"]',
        'columns = ["wall_s", ^"steady_s"]',
        "columns[1]",
        "the steady state is of driven programs",
        "",
    ),
    # What has its old name is checked as if it had its new one, and said where it stands.
    (LANE, 'engines = ["toyc"]', 'toolchains = ["toyc", ^"x"]', "toolchains[1]", "no tool", ""),
    (
        LANE,
        'columns = ["wall_s"]',
        'columns = ["wall_s"]\n^metric = "wall_s"',
        "metric",
        "unknown key",
        "Write columns instead",
    ),
    (
        LANE,
        'tags = ["bench"]',
        '[[pairs]]\nengine = "toyc"\n^over = "cpthon"',
        "pairs[0].over",
        "no toolchain 'cpthon'",
        "did you mean 'cpython'?",
    ),
    (
        LANE,
        'tags = ["bench"]',
        '[[pairs]]\n^engine = "toyc:dev"\nover = "toyc"',
        "pairs[0].engine",
        "'toyc:dev' is not among the lane's engines",
        "did you mean 'toyc'?",
    ),
    (
        LANE,
        'tags = ["bench"]',
        '[[pairs]]\nengine = "toyc"\n^over = "toyc:release"',
        "pairs[0].over",
        "is the engine itself",
        "",
    ),
    (
        LANE,
        'tags = ["bench"]',
        '[[pairs]]\nengine = "toyc"\nover = "cpython"\n^goal = 0',
        "pairs[0].goal",
        "0 must be more than 0",
        "",
    ),
    (
        LANE,
        'tags = ["bench"]',
        '[[pairs]]\nengine = "toyc"\nover = "cpython"\n'
        '[[^pairs]]\nengine = "toyc:release"\nover = "cpython"',
        "pairs[1]",
        "is the same pair as pairs[0]",
        "",
    ),
    (LANE, 'profile = "release"', '^profile = "relase"', "profile", "no profile", "'release'?"),
    (
        LANE,
        'startup_program = "empty"',
        '^startup_program = "void"',
        "startup_program",
        "there is no program 'void'",
        "programs: empty, toy_sum",
    ),
    (
        LANE,
        'target = "native"',
        'target = "wasm"',
        "engines[0]",
        "'toyc' has no target 'wasm'",
        "native",
    ),
    (
        TOYS,
        'language = "python"',
        '^language = "pyton"',
        "language",
        "no toolchain accepts",
        "did you mean 'python'?",
    ),
    (TOYS, 'project = "programs"', '^project = "../programs"', "source.project", "leaves the", ""),
    (
        TOYS,
        "[source]",
        '[adapter]\n^drive = "calls.py"\n\n[source]',
        "adapter.drive",
        "there is no file 'calls.py' beside the manifest",
        "",
    ),
    (
        TOYS,
        'name = "toy_sum"',
        'name = "toy_sum"\n^form = "driven"',
        "programs[0].form",
        "a driven program needs adapter.drive",
        "",
    ),
    (
        TOYS,
        'name = "toy_sum"',
        'name = "toy_sum"\n^form = "script"',
        "programs[0].form",
        "'script' is not allowed",
        "",
    ),
    (
        TOYS,
        'project = "programs"',
        'project = "."\n^root = "/programs"',
        "source.root",
        "leave",
        "",
    ),
    (TOYS, 'project = "programs"', '^project = "prorgams"', "source.project", "no folder", ""),
    (
        TOYS,
        'entry = "empty.py"',
        '^entry = "emtpy.py"',
        "programs[1].entry",
        "there is no file 'programs/emtpy.py'",
        "did you mean 'empty.py'?",
    ),
    (TOYS, 'entry = "empty.py"', '^entry = "../empty.py"', "programs[1].entry", "leaves", ""),
    (TOYS, '"data/*.json"', '^"../data/*.json"', "candidates[0]", "leaves the project", ""),
    (
        TOYS,
        'name = "empty"',
        '^name = "toy_sum"',
        "programs[1].name",
        "is defined twice",
        "also at manifests/workloads/toys.toml:13",
    ),
    (
        TOYS,
        'project = "programs"',
        f'^archive = "http://h/a"\nsha256 = "{"0" * 64}"',
        "source.archive",
        "not fetched by 'http'",
        "https or file",
    ),
    (
        TOYS,
        'project = "programs"',
        f'^archive = "../a.tar"\nsha256 = "{"0" * 64}"',
        "source.archive",
        "leaves the project",
        "",
    ),
    (
        TOYS,
        'project = "programs"',
        f'^archive = "a.tar"\nsha256 = "{"0" * 64}"',
        "source.archive",
        "there is no file 'a.tar'",
        "",
    ),
    # Within a toolchain.
    (TOYC, 'cc = ["gcc"]', 'cc = [^"cpython"]', "uses.cc[0]", "does not provide the role 'cc'", ""),
    (TOYC, 'cc = ["gcc"]', 'cc = [^"gccc"]', "uses.cc[0]", "no toolchain 'gccc'", "'gcc'?"),
    (TOYC, 'cc = ["gcc"]', 'cc = ["gcc"]\n^suffix = ["gcc"]', "uses.suffix", "name already", ""),
    (TOYC, "[queries.suffix]", "[queries.^module]", "queries.module", "a meaning of its own", ""),
    (
        TOYC,
        '"-o", "{c}"]',
        '"-o", ^"{cc1}"]',
        "stages[0].argv[4]",
        "unknown placeholder {cc1}",
        "c",
    ),
    (
        TOYC,
        '"{entry}", "-o"',
        '^"{etnry}", "-o"',
        "stages[0].argv[2]",
        "unknown placeholder {etnry}",
        "did you mean 'entry'?",
    ),
    (TOYC, '"{entry}", "-o"', '^"{entry", "-o"', "stages[0].argv[2]", "a lone '{'", "'{{'"[1:-1]),
    (TOYC, '"{entry}", "-o"', '^"{}", "-o"', "stages[0].argv[2]", "not a placeholder", "{{ and }}"),
    (TOYC, '"{entry}", "-o"', '^"{shard}", "-o"', "stages[0].argv[2]", "{shard}", "needs_shard"),
    (TOYC, '"{entry}", "-o"', '^"{out}", "-o"', "stages[0].argv[2]", "unknown placeholder", ""),
    (
        TOYC,
        '"{cc.compile}", ',
        '^"{cc.compil}", ',
        "stages[1].argv[1]",
        "unknown placeholder",
        "did you mean 'cc.compile'?",
    ),
    (
        TOYC,
        '"{include}", "-c"',
        '^"-I{include}", "-c"',
        "stages[1].argv[2]",
        "{include} is a list",
        "a word of its own",
    ),
    (
        TOYC,
        'extension = "{module}{suffix}"',
        '^extension = "{cc}"',
        "stages[2].outputs.extension",
        "{cc} is a list",
        "one word",
    ),
    (GCC, "needs_shard = true\n", "", "provides.cc.environment.CACHE", "unknown placeholder", ""),
    (GCC, '"-print-prog-name=cc1"', '^"{env}"', "queries.cc1.argv[1]", "{env}", "[python] table"),
    (TOYC, 'run = ["{python}",', 'run = [^"{flags}",', "targets.native.run[0]", "unknown", ""),
    (
        TOYC,
        'translate = ["-q"]',
        '^translat = ["-q"]',
        "flags.release.translat",
        "no stage",
        "did you mean 'translate'?",
    ),
    (
        TOYC,
        'translate = ["-q"]',
        'translate = [^"{cc}"]',
        "flags.release.translate[0]",
        "flags are not expanded",
        "",
    ),
    (TOYC, "[flags.release]", "[flags.^relaese]", "flags.relaese", "no profile", "'release'?"),
    (
        TOYC,
        'c = "translate.c"',
        '^c = "translate.d"',
        "stages[1].inputs.c",
        "no stage makes",
        "did you mean 'translate.c'?",
    ),
    (
        TOYC,
        '{ c = "translate.c" }',
        '{ ^c = "link.extension" }',
        "stages[1].inputs.c",
        "the stages need each other: compile -> link -> compile",
        "",
    ),
    (
        TOYC,
        'c = "translate.c"',
        '^c = "compile.object"',
        "stages[1].inputs.c",
        "need each other",
        "",
    ),
    (
        TOYC,
        "meaningful_comments",
        'takes_source = true\ninputs = { ^o = "compile.object2" }\n#',
        "stages[0].inputs.o",
        "no stage makes 'compile.object2'",
        "compile.object",
    ),
    (TOYC, '"{module}.o"', '"{module}.c"', "stages[1].outputs.object", "the input 'c'", ""),
    (
        TOYC,
        '{ c = "{module}.c" }',
        '{ c = "{module}.c", ^d = "{module}.c" }',
        "stages[0].outputs.d",
        "is the path of the output 'c' already",
        "",
    ),
    (
        TOYC,
        '{ c = "{module}.c" }',
        '{ ^c = "../{module}.c" }',
        "stages[0].outputs.c",
        "leaves the staging directory",
        "",
    ),
    (TOYC, '{ object = "{module}.o" }', "{}", "stages[1].outputs", "at least 1 key", ""),
    (TOYC, '"{module}.pxd"', '^"/{module}.pxd"', "stages[0].absences[0]", "leaves the project", ""),
    (
        TOYC,
        'imports = "python"',
        'imports = "python"\n^import_roots = [".", "{project}/lib"]',
        "stages[0].import_roots",
        "nobody tells what is read there",
        'reads = "declared"',
    ),
    (
        TOYC,
        'imports = "python"',
        'imports = "python"\nimport_roots = [^"../lib"]',
        "stages[0].import_roots[0]",
        "leaves the source",
        "{project}/...",
    ),
    (
        TOYC,
        'imports = "python"',
        'imports = "python"\nreads = "declared"\nimport_roots = [^"{stage}/lib"]',
        "stages[0].import_roots[0]",
        "another folder each time",
        "a relative path",
    ),
    (
        TOYC,
        'imports = "python"',
        '^import_roots = ["lib"]',
        "stages[0].import_roots",
        "has no effect without imports",
        "",
    ),
    (
        TOYC,
        "search_path = [",
        '^reads = "declared"\nsearch_path = [',
        "stages[1].reads",
        "contradicts the depfile",
        "leave one of them out",
    ),
    (TOYC, 'name = "link"', '^name = "compile"', "stages[2].name", "is defined twice", "stages[1]"),
    (TOYC, 'digest = "tokens"\n', "", "stages[0].meaningful_comments", "has no effect", ""),
    (
        TOYC,
        '["link.extension"]',
        '[^"link.extensoin"]',
        "targets.native.results[0]",
        "no stage makes",
        "did you mean 'link.extension'?",
    ),
    (TOYC, 'results = ["link.extension"]\n', "", "targets.native.results", "missing key", ""),
    (
        TOYC,
        '["translate", "compile", "link"]',
        '["compile", "link"]',
        "targets.native.stages[0]",
        "'compile' needs the stage 'translate', which is missing",
        "",
    ),
    (
        TOYC,
        '["translate", "compile", "link"]',
        '["compile", "translate", "link"]',
        "targets.native.stages[0]",
        "comes before 'translate'",
        "",
    ),
    (
        TOYC,
        '["translate", "compile", "link"]',
        '["translate", "compile"]',
        "targets.native.results[0]",
        "'link' is not among the target's stages",
        "",
    ),
    (
        TOYC,
        "pattern = '^(/\\S+)$'",
        "^pattern = '^(/\\S+$'",
        "queries.include.pattern",
        "is not a regular expression for RE2: missing ): ^(/",
        "in TOML",
    ),
    (TOYC, '"^error: (.+)$"', '"*error"', "reason_pattern", "is not a regular expression", ""),
    (
        TOYC,
        'reason_pattern = "^error: (.+)$"',
        "^reason_pattern = '^error: (?!Unused)(.+)$'",
        "reason_pattern",
        "is not a regular expression for RE2: invalid perl operator: (?!",
        "there is no lookaround: say what is wanted, not what is not",
    ),
    (
        TOYC,
        'reason_pattern = "^error: (.+)$"',
        "^reason_pattern = '(.)\\1'",
        "reason_pattern",
        "is not a regular expression for RE2: invalid escape sequence: \\1",
        "there are no backreferences",
    ),
    (
        TOYC,
        '["toyc:"]',
        "['toyc:', ^'toyc(?=:)']",
        "stages[0].meaningful_comments[1]",
        "is not a regular expression for RE2: invalid perl operator: (?=",
        "lookaround",
    ),
    (TOYC, 'path = "{env}/bin/toyc"', '^query = "include"', "executables.toyc.query", "a list", ""),
    (
        TOYC,
        'path = "{env}/bin/toyc"',
        '^query = "includ"',
        "executables.toyc.query",
        "no query",
        "did you mean 'include'?",
    ),
    (
        TOYC,
        'path = "{env}/bin/toyc"',
        '^path = "{env}/../toyc"',
        "executables.toyc.path",
        "'..'",
        "",
    ),
    (TOYC, 'path = "{env}/bin/toyc"', '^path = "{toyc}"', "executables.toyc.path", "a cycle", ""),
    (
        TOYC,
        'path = "{env}/bin/toyc"',
        '^path = "bin/toyc"',
        "executables.toyc.path",
        "'bin/toyc' is a relative path",
        "say {project}/bin/toyc",
    ),
    (
        TOYC,
        'identity_files = ["{env}/lib/toyc.py"]',
        'identity_files = [^"lib/toyc.py"]',
        "identity_files[0]",
        "'lib/toyc.py' is a relative path",
        "say {project}/lib/toyc.py",
    ),
    (
        CPYTHON,
        'accepts = ["python"]',
        'accepts = ["python"]\n^python = ">=3.12"',
        "python",
        "expected a table",
        "requires_python = ",
    ),
    (
        TOYS,
        'tags = ["fast"]',
        'tags = ["fast"]\n^candidates = ["*.h"]',
        "programs[0].candidates",
        "unknown key",
        "it is of the whole workload",
    ),
    (CPYTHON, '"interpreter"', '"compiler"', "engine", "needs stages", "interpreter"),
    (TOYC, 'engine = "compiler"', 'engine = "interpreter"', "stages", "has no stages", ""),
    (CPYTHON, 'accepts = ["python"]\n', "", "accepts", "missing key", ""),
    (
        CPYTHON,
        '[targets.native]\nrun = ["{python}", "{source}", "{args}"]\n',
        "",
        "targets",
        "missing key",
        "[targets.native]",
    ),
    (TOYC, '"toyc==1.0"', '^"toyc=1.0"', "python.requires[0]", "is not a requirement: Expec", ""),
    (TOYC, "[python]\n", '[python]\n^lock = "../../../x.txt"\n', "python.lock", "leaves", ""),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "path", "message", "hint"),
    CASES,
    ids=[f"{number}-{case[3]}" for number, case in enumerate(CASES)],
)
def test_each_error_is_reported_at_its_key(
    project: ManifestProject, file: str, old: str, new: str, path: str, message: str, hint: str
) -> None:
    marked = project.replace(file, old, "\x01".join(_split_mark(new)))
    where = marked.find("\x01")
    project.write(file, marked.replace("\x01", ""))
    lines = [str(one) for one in project.diagnostics()]
    found = [one for one in project.diagnostics() if (one.file, one.path) == (file, path)]
    if not found:
        # A consequence in another file, such as a lane that needs what was taken away.
        found = [one for one in project.diagnostics() if one.path == path]
        where = -1
    assert len(found) == 1, lines
    (one,) = found
    assert message in one.message, lines
    assert hint in (one.hint or ""), lines
    if where >= 0 and not one.message.startswith("missing key"):
        line = marked[:where].count("\n") + 1
        column = where - marked[:where].rfind("\n")
        assert (one.line, one.column) == (line, column), lines


def _split_mark(new: str) -> list[str]:
    """Split at the caret that marks a place, not at one that begins a regular expression."""
    if new.startswith("^"):
        return ["", new[1:]]
    for opener in ("\n^", "[^", "{ ^", " ^", ".^"):
        before, mark, after = new.partition(opener)
        if mark:
            return [before + opener[:-1], after]
    return [new]


def test_a_second_cache_manifest(project: ManifestProject) -> None:
    text = FILES[CACHE].replace("../", "../../").replace('"kept"', '"more"')
    project.write("manifests/more/kept.toml", text)
    (one,) = project.diagnostics()
    place, _, message = str(one).partition(": name: ")
    assert place == "manifests/more/kept.toml:4:1"
    assert message.startswith("a project has one cache manifest, and this is another")
    assert one.hint == "also at manifests/cache.toml:4"


def test_a_key_file_must_exist(project: ManifestProject) -> None:
    project.replace(CACHE, "toy_sum.py", "toy_sun.py")
    (one,) = project.diagnostics()
    assert (one.file, one.path) == (CACHE, "key.files[0]")
    assert one.message == "there is no file 'programs/toy_sun.py'"
