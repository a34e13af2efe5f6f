"""Modules that a compiler finds on import roots: what appears, changes or goes there is noticed.

The compiler is a real interpreter (see `import_projects`), and each state is built with the cache
and, in a copy, without it: the outputs must be the same.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from build_projects import Project, executed
from import_projects import Hosted

from molt_build.actions.imports import imported_names
from molt_build.store.digest import StatCache, file_sha256

MAIN = "import helper\nprint(helper.__doc__)\n"


@pytest.fixture
def hosted(tmp_path: Path) -> Hosted:
    made = Hosted(tmp_path)
    made.write({"programs/app/main.py": MAIN})
    return made


def changed(hosted: Hosted) -> list[str]:
    """The components that differ from those of the last build."""
    (action,) = hosted.project.explain("prog", "--toolchain", "hosted")
    return action.get("changed", [])


KINDS = [
    pytest.param("lib", "programs/lib/", "source", id="below the source root"),
    pytest.param("{project}/first", "first/", "project", id="in the project, in place"),
    pytest.param("{stdlib}", "outside/stdlib/", "system", id="of the toolchain, outside"),
]


@pytest.mark.parametrize(("root", "folder", "named"), KINDS)
def test_a_new_file_on_an_earlier_root_is_noticed(
    hosted: Hosted, root: str, folder: str, named: str
) -> None:
    """A program finds its helper on the last root; then there is one on an earlier root."""
    roots = [".", root, "{project}/last"]
    hosted.write({"last/helper.py": '"""the last"""\n', f"{folder}there.py": ""})
    hosted.roots(*roots)
    assert hosted.built() == "the last\n"
    assert hosted.project.build()["up_to_date"] == 1
    hosted.write({f"{folder}helper.py": '"""the new"""\n'})
    wanted = {
        "source": "absent {source}/lib/helper.py",
        "project": "names {project}/first",
        "system": f"names {{system}}{hosted.outside}/stdlib",
    }
    assert wanted[named] in changed(hosted)
    assert hosted.built() == "the new\n"
    assert hosted.project.build()["up_to_date"] == 1
    hosted.path(f"{folder}helper.py").unlink()
    assert hosted.built() == "the last\n"


def test_without_import_roots_old_code_is_served(hosted: Hosted) -> None:
    """What this is for: a compiler that looks where its manifest does not say."""
    hosted.write({"last/helper.py": '"""the last"""\n', "first/there.py": ""})
    hosted.roots("{project}/first", "{project}/last", declared=[])
    hosted.project.build()
    hosted.write({"first/helper.py": '"""the new"""\n'})
    assert hosted.project.build()["up_to_date"] == 1
    assert (hosted.text(), hosted.uncached()) == ("the last\n", "the new\n")


def test_files_in_place_are_followed_and_keyed(hosted: Hosted) -> None:
    """Through what they import, absolutely and relatively, back to other roots."""
    hosted.write(
        {
            "first/helper.py": "from pack.part import __doc__\n",
            "first/pack/__init__.py": "",
            "first/pack/part.py": "from . import _deep\n__doc__ = _deep.text\n",
            "first/pack/_deep.py": "import far\ntext = far.text\n",
            "outside/stdlib/far.py": 'text = "one"\n',
            "outside/stdlib/other.py": "",
        }
    )
    hosted.roots(".", "{project}/first", "{stdlib}")
    assert hosted.built() == "one\n"
    (action,) = hosted.project.explain("prog", "--toolchain", "hosted")
    sources = {name for name in action["components"] if name.startswith("source ")}
    far = f"source {{system}}{hosted.outside}/stdlib/far.py"
    assert sources == {
        "source app/main.py",
        "source {project}/first/helper.py",
        "source {project}/first/pack/__init__.py",
        "source {project}/first/pack/part.py",
        "source {project}/first/pack/_deep.py",
        far,
    }
    hosted.write({"outside/stdlib/far.py": 'text = "two"\n'})
    assert changed(hosted) == [far]
    assert hosted.built() == "two\n"
    hosted.write({"outside/stdlib/other.py": "unrelated = 1\n"})
    assert executed(hosted.project.build()) == []


def test_portions_of_a_namespace_package(hosted: Hosted) -> None:
    """PEP 420: one package on several roots, until one of them has an `__init__`."""
    hosted.write(
        {
            "programs/app/main.py": "import ns.part\nprint(ns.part.text)\n",
            "first/ns/other.py": "text = 'other, first'\n",
            "last/ns/part.py": "from . import other\ntext = 'part, ' + other.text\n",
            "last/ns/other.py": "text = 'other, last'\n",
        }
    )
    hosted.roots(".", "{project}/none", "{project}/first", "{project}/last")
    assert hosted.built() == "part, other, first\n"
    hosted.write({"none/ns/other.py": "text = 'other, of a folder that was not there'\n"})
    assert hosted.built() == "part, other, of a folder that was not there\n"
    hosted.write({"programs/app/ns/part.py": "text = 'beside the entry'\n"})
    assert hosted.built() == "beside the entry\n"
    hosted.write({"last/ns/__init__.py": ""})
    assert hosted.built() == "part, other, last\n"
    hosted.write({"first/ns.py": "class part:\n    text = 'a module'\n"})
    assert "names {project}/first" in changed(hosted)  # 'ns' is not a package then
    hosted.path("first/ns.py").unlink()
    hosted.path("last/ns/__init__.py").unlink()
    hosted.path("programs/app/ns/part.py").unlink()
    hosted.path("none/ns/other.py").unlink()
    assert hosted.built() == "part, other, first\n"


def test_relative_imports_stay_in_their_package(hosted: Hosted) -> None:
    """A module of the same name on an earlier root is none of theirs."""
    hosted.write(
        {
            "first/there.py": "",
            "last/helper/__init__.py": "from .inner import __doc__\n",
            "last/helper/inner.py": '"""inner"""\n',
        }
    )
    hosted.roots("{project}/first", "{project}/last")
    assert hosted.built() == "inner\n"
    hosted.write({"first/inner.py": '"""another"""\n'})
    assert executed(hosted.project.build()) == []


def test_what_shadows_may_be_of_any_form(hosted: Hosted) -> None:
    """An extension module, byte code without a source, a package, a stub; not a text."""
    hosted.write({"first/there.py": "", "last/helper.py": '"""the last"""\n'})
    hosted.roots("{project}/first", "{project}/last")
    hosted.built()
    for name in ("helper.cpython-312-x86_64-linux-gnu.so", "helper.so", "helper.pyc", "helper.pyi"):
        hosted.write({f"first/{name}": ""})
        assert {"names {project}/first", f"source {{project}}/first/{name}"} <= {*changed(hosted)}
        hosted.path(f"first/{name}").unlink()
    hosted.write({"first/helper/there.txt": ""})
    assert changed(hosted) == ["names {project}/first", "names {project}/first/helper"]
    for name in ("helper.txt", "helper.d.py", "help.py", "helpers.py"):
        hosted.write({f"last/{name}": ""})
    assert changed(hosted) == ["names {project}/first", "names {project}/first/helper"]
    assert hosted.built() == "the last\n"


def test_an_edit_in_place_while_the_command_runs(hosted: Hosted) -> None:
    """The key may not speak of what was not read, nor of what appeared and went again."""
    helper = '"""the last"""\n'
    hosted.write({"last/helper.py": helper, "first/there.py": ""})
    hosted.roots("{project}/first", "{project}/last")
    last, new = hosted.path("last/helper.py"), hosted.path("first/helper.py")
    for hook, named in (
        (f"open({str(last)!r}, 'w').write('')", "helper.py"),
        (f"p = {str(new)!r}; open(p, 'w').close(); os.remove(p)", "first"),
    ):
        hosted.write({"last/helper.py": helper, "outside/before": hook})
        result = hosted.project.run("build")
        assert result.code == 4
        assert f"{named} changed while translate ran" in result.err, result.err
        hosted.path("outside/before").unlink()
    hosted.write({"last/helper.py": helper})
    assert hosted.built() == "the last\n"


def test_declared_reads_hold_all_that_imports_could_lead_to(hosted: Hosted) -> None:
    """A name that is computed is not seen; where nobody tells, all modules count."""
    hosted.write(
        {
            "programs/app/main.py": "print(__import__('hel' + 'per').__doc__)\n",
            "programs/lib/there.py": "",
            "last/deep/er.py": "",
            "last/helper.py": '"""the last"""\n',
        }
    )
    hosted.roots(".", "lib", "{project}/last", more='reads = "declared"')
    assert hosted.built() == "the last\n"
    hosted.write({"last/helper.py": '"""edited"""\n'})
    assert hosted.built() == "edited\n"
    hosted.write({"last/deep/helper.py": ""})
    assert changed(hosted) == ["source {project}/last/deep/helper.py"]
    hosted.write({"programs/lib/helper.py": '"""staged"""\n'})
    assert hosted.built() == "staged\n"
    hosted.write({"programs/app/helper.py": '"""staged by nobody, and so not found"""\n'})
    assert executed(hosted.project.build()) == []


def test_coarse_keys_hold_all_modules_below_the_roots(hosted: Hosted) -> None:
    coarse = {"MOLT_BUILD_KEY_SCOPE": "coarse"}
    hosted.write({"last/helper.py": '"""the last"""\n', "last/unused.py": ""})
    hosted.roots(".", "{project}/last")
    hosted.project.build()
    hosted.project.build(env=coarse)
    hosted.write({"last/unused.py": "now = 1\n"})
    assert executed(hosted.project.build()) == []
    assert executed(hosted.project.build(env=coarse)) == ["prog translate"]


def test_optional_files_are_inputs_where_they_exist(toys: Project) -> None:
    toys.replace(
        "manifests/toolchains/toy.toml", "candidates", 'optional = ["{module}.ini"]\ncandidates'
    )
    toys.replace("tools/toyc", "sed 's/[[", 'cat one.ini >> "$3"\n    sed \'s/[[')
    toys.replace("tools/toyc", '> "$3";;\nassemble', '>> "$3"; true;;\nassemble')
    toys.build("one")
    toys.write("programs/one.ini", "settings\n")
    assert executed(toys.build("one")) == ["one translate", "one assemble"]
    assert "settings" in toys.output("one/one.sh").read_text()
    assert toys.build("one")["up_to_date"] == 2
    (toys.root / "programs/one.ini").unlink()
    toys.build("one")
    assert "settings" not in toys.output("one/one.sh").read_text()


def test_links_that_lead_nowhere_and_elsewhere(hosted: Hosted) -> None:
    """A file that appears where a link leads changes no folder that was looked into."""

    def built() -> str:
        hosted.project.build()
        return hosted.text()

    hosted.write({"last/helper.py": '"""the last"""\n', "first/there.py": "", "else/there": ""})
    hosted.path("first/helper.py").symlink_to("../else/where.py")
    hosted.path("second").symlink_to("else")
    hosted.roots("{project}/first", "{project}/second", "{project}/last")
    assert built() == "the last\n"
    assert hosted.project.build()["up_to_date"] == 1
    hosted.write({"else/where.py": '"""where a link led"""\n'})
    assert built() == "where a link led\n"
    hosted.path("first/helper.py").unlink()
    assert built() == "the last\n"
    assert hosted.project.build()["up_to_date"] == 1
    hosted.write({"other/helper.py": '"""another folder"""\n'})
    hosted.path("second").unlink()
    hosted.path("second").symlink_to("other")
    assert built() == "another folder\n"


def test_an_audit_of_hits_knows_what_is_read_in_place(hosted: Hosted) -> None:
    hosted.write({"last/helper.py": '"""the last"""\n', "tools/there.py": ""})
    hosted.roots("{project}/last")
    manifest = "manifests/toolchains/hosted.toml"
    hosted.project.replace(manifest, '"{project}/tools/front', '"{tools}/front')
    artifact = '[artifacts.tools]\npath = "{project}/tools"\n\n'
    hosted.project.replace(manifest, "[queries", artifact + "[queries")
    hosted.built()
    result = hosted.project.run("cache", "audit")
    assert result.code == 0, result.out + result.err


def locked(folder: Path) -> str:
    """A lock of one package, made here, that holds the module `helper`."""
    wheel = folder / "helper-1-py3-none-any.whl"
    files = {
        "helper.py": '"""of the environment"""\n',
        "helper-1.dist-info/METADATA": "Metadata-Version: 2.1\nName: helper\nVersion: 1\n",
        "helper-1.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n",
        "helper-1.dist-info/RECORD": "",
    }
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return f"helper @ file://{wheel} --hash=sha256:{file_sha256(wheel)}\n"


def test_the_lock_vouches_for_the_environment(hosted: Hosted, tmp_path: Path) -> None:
    """What is found there ends the search; what would have been found before it is noticed."""
    hosted.write({"first/there.py": "", "last/there.py": ""})
    hosted.roots("{project}/first", "{site}", "{project}/last")
    site = "import sysconfig; print(sysconfig.get_path('purelib'))"
    query = f'[queries.site]\nargv = ["{{env_python}}", "-I", "-c", "{site}"]\n\n[queries.stdlib]'
    manifest = "manifests/toolchains/hosted.toml"
    python = "[python]\nrequires = ['helper==1']\n\n"
    hosted.project.replace(manifest, "[queries.stdlib]", python + query)
    hosted.project.write("manifests/toolchains/locks/hosted.txt", locked(tmp_path))
    assert hosted.built() == "of the environment\n"
    (action,) = hosted.project.explain("prog", "--toolchain", "hosted")
    places = [name for name in action["components"] if name.startswith(("source {", "names {"))]
    assert "hosted lock" in action["components"] and places == ["names {project}/first"]
    hosted.write({"last/helper.py": '"""the last"""\n'})
    assert executed(hosted.project.build()) == []
    hosted.write({"first/helper.py": '"""the first"""\n'})
    assert hosted.built() == "the first\n"


def test_imports_of_files_in_a_newer_python_are_seen(hosted: Hosted) -> None:
    """molt_build's own interpreter does not parse the helper, which is read in place."""
    versions = Path.home() / ".pyenv/versions"
    wanted = [f"python3.{minor}" for minor in range(sys.version_info.minor + 1, 20)]
    paths = [shutil.which(name) for name in wanted]
    paths += [str(path) for name in wanted for path in sorted(versions.glob(f"3.*/bin/{name}"))]
    newer = next((path for path in paths if path is not None and parses_more(path)), None)
    if newer is None:
        pytest.skip("no Python that parses `type A = int` on PATH or in ~/.pyenv, or this one does")
    hosted.project.environment["MOLT_BUILD_PYTHON"] = newer
    hosted.write(
        {
            "first/helper.py": "type A = int\nfrom pack import (  # (both\n    part)\n"
            "__doc__ = part.text\n",
            "first/pack/__init__.py": "",
            "first/pack/part.py": "text = 'one'\n",
        }
    )
    hosted.roots(".", "{project}/first")
    hosted.project.build()
    assert hosted.text() == "one\n"
    hosted.write({"first/pack/part.py": "text = 'edited'\n"})
    assert executed(hosted.project.build()) == ["prog translate"]
    assert hosted.text() == "edited\n"


def parses_more(python: str) -> bool:
    """Whether an interpreter parses what the one that runs this does not."""
    try:
        compile("type A = int", "", "exec")
    except SyntaxError:
        return not subprocess.run([python, "-c", "type A = int"], capture_output=True).returncode
    return False


def test_imports_are_seen_in_a_text_that_does_not_parse(tmp_path: Path) -> None:
    """All that the parser sees in real modules, and forms that they lack."""
    stat_cache, broken = StatCache(tmp_path / "cache", (tmp_path,)), tmp_path / "broken.py"
    library = Path(json.__file__).parents[1]
    for path in [*library.glob("[a-m]*.py"), *library.glob("xml/*/*.py")]:
        broken.write_bytes(path.read_bytes() + b"\n)\n")
        seen = imported_names(str(broken), stat_cache.again())
        missed = {*imported_names(str(path), stat_cache)} - {*seen}
        assert not missed, f"{path}: {missed}"
    for line, names in (
        ("import a.b as c, d; import e", {(0, "a.b"), (0, "d"), (0, "e")}),
        ("if True: from . a import(b as c, # d)\n e)", {(1, "a"), (1, "a.b"), (1, "a.e")}),
        ("from .. import \\\n    x", {(2, ""), (2, "x")}),
        ("from a.b import*", {(0, "a.b")}),
    ):
        broken.write_text(f"{line}\n)")
        assert {*imported_names(str(broken), stat_cache.again())} == names
