"""`molt-build completion SHELL`: what a shell reads, so that it completes the command line."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from typing import Annotated

from molt_build.cli.documents import print_document
from molt_build.errors import EXIT_DONE, ToolMissing

EXAMPLES = (
    "molt-build completion bash",
    "molt-build completion fish --json",
)
# By shell: the line for its start file, and that file.
START = {
    "bash": ('eval "$(molt-build completion bash)"', "~/.bashrc"),
    "zsh": ('eval "$(molt-build completion zsh)"', "~/.zshrc, after compinit"),
    "fish": ("molt-build completion fish | source", "~/.config/fish/config.fish"),
}


@dataclass(frozen=True)
class Completion:
    """What a shell reads, so that it completes the command line."""

    shell: Annotated[str, "The shell."]
    line: Annotated[str, "The line for its start file."]
    file: Annotated[str, "That file."]
    script: Annotated[str, "What the line makes the shell read."]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own arguments."""
    parser.add_argument("shell", choices=tuple(START), metavar="SHELL", help="bash, zsh or fish")
    parser.add_argument("--json", action="store_true", help="the same facts as one JSON object")
    parser.epilog = (
        "Commands, options, programs, toolchains, engines, lanes, suites, cases and runs are "
        "completed. What is printed goes where the shell looks for completions, or is read by "
        "the line for its start file that stands at its beginning."
    )


def run(args: argparse.Namespace) -> int:
    """Print it; raises `ToolMissing` where argcomplete is not installed."""
    try:
        from argcomplete.shell_integration import shellcode
    except ImportError as error:
        message = "argcomplete, which completes the command line, is not installed"
        raise ToolMissing(message, "pip install argcomplete") from error
    line, file = START[args.shell]
    script = shellcode(["molt-build"], shell=args.shell).strip("\n") + "\n"
    if args.json:
        print_document(Completion(args.shell, line, file, script))
        return EXIT_DONE
    # A script for the folder of completions of zsh begins with `#compdef`.
    head, _, rest = script.partition("\n") if script.startswith("#compdef") else ("", "", script)
    note = f"# in {file}: {line}\n"
    print(f"{head}\n{note}{rest}" if head else f"{note}{rest}", end="")
    return EXIT_DONE
