"""Every failure a user can meet, each with its own exit code and a message that says what to do.

Errors are raised where the fact is known; `molt_build.cli.command_line` is the one place that
prints them (to standard error) and turns them into an exit status, one of `EXIT_CODES`. Which
commands end with 1, and for what, stands in `molt_build.cli.exit_codes`.
"""

from __future__ import annotations

from molt_build.secrecy import without_secrets

EXIT_DONE = 0
EXIT_MEASURED_FAILURE = 1
EXIT_BAD_MANIFEST = 2
EXIT_MISSING_TOOL = 3
EXIT_ENVIRONMENT = 4
EXIT_INTERRUPTED = 130

EXIT_CODES = {
    EXIT_DONE: "done",
    EXIT_MEASURED_FAILURE: "what the command is about failed: a build, a measurement, a comparison",
    EXIT_BAD_MANIFEST: "bad usage, no project, an invalid manifest, result or variable",
    EXIT_MISSING_TOOL: "a tool or a toolchain is missing",
    EXIT_ENVIRONMENT: "the environment failed: the disk, permissions, the network, a source",
    EXIT_INTERRUPTED: "interrupted",
}


class MoltBuildError(Exception):
    """A failure with a message for the user; `hint` says what to do next.

    The message may be shown, published and kept: secrets in its URLs are taken out here, once.
    """

    exit_code = EXIT_MEASURED_FAILURE

    def __init__(self, message: str, hint: str | None = None) -> None:
        self.message = without_secrets(message)
        super().__init__(self.message)
        self.hint = hint


class BuildFailed(MoltBuildError):
    """At least one action failed, or was refused because of what it read."""

    exit_code = EXIT_MEASURED_FAILURE


class ActionFailed(BuildFailed):
    """A command failed: `output` is all it printed, `status` how it ended.

    `was_killed`: by a signal or for its time limit, so that what it was writing may be torn.
    """

    def __init__(self, message: str, output: str, status: str, *, was_killed: bool) -> None:
        super().__init__(message)
        self.output = output
        self.status = status
        self.was_killed = was_killed

    def reason(self, pattern: str | None) -> str:
        """The compiler's own words: what the pattern finds, else the last line it printed."""
        from molt_build import patterns

        found = patterns.first(pattern, self.output) if pattern else None
        if found is not None:
            return found.strip()
        lines = [line.strip() for line in self.output.splitlines() if line.strip()]
        return lines[-1] if lines else self.status


class MeasurementFailed(MoltBuildError):
    """A benchmark failed, timed out or gave another output than the reference."""

    exit_code = EXIT_MEASURED_FAILURE


class UsageError(MoltBuildError):
    """The command line names something that does not exist or does not go together."""

    exit_code = EXIT_BAD_MANIFEST


class ManifestError(MoltBuildError):
    """One or more manifests are not valid; the message holds all diagnostics, a line each."""

    exit_code = EXIT_BAD_MANIFEST


class ToolMissing(MoltBuildError):
    """An executable, interpreter or toolchain that is needed is not on this machine."""

    exit_code = EXIT_MISSING_TOOL


class EnvironmentFailed(MoltBuildError):
    """The machine refused: disk full, permission denied, a lock that never came free."""

    exit_code = EXIT_ENVIRONMENT


class ToolFailed(EnvironmentFailed):
    """A tool did not do what it was run for: `how` says how it ended, in words."""

    def __init__(self, tool: str, how: str, printed: str = "") -> None:
        super().__init__(f"{tool} {how}")
        self.how = how
        self.printed = printed  # on standard error, else on standard output

    def last_lines(self, count: int = 1) -> str:
        """The last lines that it printed, else how it ended."""
        return "\n".join(self.printed.strip().splitlines()[-count:]) or self.how


class ToolNotStarted(ToolFailed):
    """A tool could not be started."""


class SourceUnreachable(EnvironmentFailed):
    """A source cannot be fetched: no network, no such server, or nothing under that name there."""


class SourceRefused(MoltBuildError):
    """A fetched source does not match its pin, or holds paths that must not be unpacked."""

    exit_code = EXIT_ENVIRONMENT
