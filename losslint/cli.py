"""The command line.

Only click is imported here, so that `--version`, `--help` and a mistyped option answer at once.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import Any, Final

import click

from losslint import __version__, bugs
from losslint.commands.output import complain, prepare
from losslint.errors import LosslintError

_FAILED: Final = 2
_INTERRUPTED: Final = 130
_HELP: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(context_settings=_HELP, invoke_without_command=True)
@click.version_option(__version__, message="losslint %(version)s")
@click.pass_context
def cli(context: click.Context) -> None:
    """Find misuse of PyTorch loss functions."""
    if context.invoked_subcommand is None:
        click.echo(context.get_help())
        context.exit(_FAILED)


@cli.command(short_help="Check files and folders.")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@click.option(
    "--select", multiple=True, metavar="RULES", help="Rules to check: codes, families such as LL1, or names; comma separated."
)
@click.option("--ignore", multiple=True, metavar="RULES", help="Rules to leave out, in the same words.")
@click.option("--exclude", multiple=True, metavar="PATTERNS", help="Files and folders to leave out; comma separated.")
@click.option(
    "--severity", type=click.Choice(["error", "warning", "info"]), help="The lowest severity shown.  [default: warning]"
)
@click.option(
    "--output-format",
    type=click.Choice(["text", "concise", "json", "github", "sarif"]),
    default="text",
    show_default=True,
    help="How findings are printed.",
)
@click.option(
    "-o", "--output-file", metavar="FILE", help="Write findings there, whole or not at all, instead of to the terminal."
)
@click.option("--config", metavar="FILE", help="The TOML file that configures, instead of the nearest pyproject.toml.")
@click.option("--show-files", is_flag=True, help="Print the files that would be checked, and check none.")
@click.option("--unproven", is_flag=True, help="Also show what is wrong on some path only (`possible`).")
@click.option("--obligations", is_flag=True, help="Also show what nothing is known of, and only a run can tell.")
@click.option("--no-trace", is_flag=True, help="Leave out the way by which a value came to the loss.")
@click.option("--exit-zero", is_flag=True, help="Exit with 0 even when there are findings.")
@click.option("--statistics", is_flag=True, help="Also print counts: by rule, and of what was read and known.")
@click.option("-q", "--quiet", is_flag=True, help="Print findings and nothing else.")
@click.option("--stdin-filename", metavar="NAME", help="The name of what is read from standard input (`-`).")
def check(paths: tuple[str, ...], no_trace: bool, **given: Any) -> int:
    """Check files and folders (`.` when none is named; `-` reads standard input).

    Python files, Jupyter notebooks and the Python blocks of Markdown files are read; nothing is executed.

    Exit status: 0 nothing found, 1 findings, 2 something could not be checked.
    """
    from losslint.commands.check import STDIN, Options, run
    from losslint.selection import split

    default = STDIN if given["stdin_filename"] is not None else "."
    for key in ("select", "ignore", "exclude"):
        given[key] = split(given[key])
    return run(Options(paths=paths or (default,), trace=not no_trace, **given))


class _RunsProgram(click.Command):
    """A command whose own options end where a program's name begins, as with `python`: the rest is the program's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        at = self._program_starts(args)
        rest = args[at + 1 :] if args[at : at + 1] == ["--"] and not {"-m", "--module"} & set(args[:at]) else args[at:]
        return super().parse_args(ctx, [*args[:at], "--", *rest])

    def _program_starts(self, args: Sequence[str]) -> int:
        valued = {name for one in self.params if isinstance(one, click.Option) and not one.is_flag for name in one.opts}
        at = 0
        while at < len(args):
            word = args[at]
            if word == "--" or not word.startswith("-") or word == "-":
                return at
            if word in ("-m", "--module"):
                return at + 2
            if (word.startswith("-m") and not word.startswith("--")) or word.startswith("--module="):
                return at + 1
            at += 2 if word in valued else 1
        return at


@cli.command(cls=_RunsProgram, short_help="Run a program and report what its losses were given.")
@click.argument("program", nargs=-1, type=click.UNPROCESSED, metavar="SCRIPT | -m MODULE [ARGS]...")
@click.option("-m", "--module", metavar="MODULE", help="Run a module, as `python -m` does.")
@click.option(
    "--on",
    type=click.Choice(["collect", "warn", "raise", "off"]),
    default="collect",
    show_default=True,
    help="What a finding does while the program runs.",
)
@click.option("--confirm", metavar="FILE", help="Answer a report of `losslint check --output-format json`.")
@click.option(
    "--select", multiple=True, metavar="RULES", help="Rules to check: codes, families such as LL1, or names; comma separated."
)
@click.option("--ignore", multiple=True, metavar="RULES", help="Rules to leave out, in the same words.")
@click.option(
    "--severity", type=click.Choice(["error", "warning", "info"]), help="The lowest severity shown.  [default: warning]"
)
@click.option("--config", metavar="FILE", help="The TOML file that configures, instead of the nearest pyproject.toml.")
@click.option(
    "-o", "--output-file", multiple=True, metavar="FILE", help="Also write the report there: .html, .json, .sarif, else as text."
)
@click.option(
    "--output-format",
    type=click.Choice(["text", "json", "sarif", "html"]),
    default="text",
    show_default=True,
    help="The format of an output file whose suffix does not tell.",
)
@click.option(
    "--error-exitcode", type=click.IntRange(1, 255), metavar="N", help="Exit with N instead of 0 after proven findings."
)
@click.option("-q", "--quiet", is_flag=True, help="Print no report.")
def run(program: tuple[str, ...], **given: Any) -> int:
    """Run a program unchanged, and report on stderr what its losses were given when it ends, crashes or is interrupted.

    What follows the script's or module's name is the program's.

    Exit status: the program's; 2 when it cannot be run. With --confirm: 1 something was confirmed, 0 nothing was,
    3 nothing was and the program failed.
    """
    from losslint.commands.run import Options, run
    from losslint.selection import split

    if not program and given["module"] is None:
        raise click.UsageError("name a script to run, or a module with `-m`")
    for key in ("select", "ignore"):
        given[key] = split(given[key])
    return run(Options(program=program, **given))


@cli.command(short_help="Print the page of a rule, or the list of rules.")
@click.argument("rule", required=False, metavar="[CODE|NAME]")
@click.option("--all", "every", is_flag=True, help="Print every rule's page.")
@click.option("--output-format", type=click.Choice(["text", "json"]), default="text", show_default=True)
def rule(rule: str | None, every: bool, output_format: str) -> int:
    """Print the page of a rule, or the list of rules."""
    from losslint.commands.rule import run

    if rule is not None and every:
        raise click.UsageError("name a rule or give `--all`, not both")
    return run(rule, every=every, output_format=output_format)


@cli.command("new-rule", short_help="Write the module and the fixture of a new rule.")
@click.argument("name")
@click.option("--code", metavar="CODE", help="The rule's code.  [default: the one after the pack's last]")
@click.option("--into", metavar="FOLDER", help="The pack's folder.  [default: the one that pyproject.toml registers, or `rules`]")
def new_rule(name: str, code: str | None, into: str | None) -> int:
    """Write the module of a rule and its fixture, and nothing else. No file is overwritten.

    The rule works and its fixture passes: edit both.
    """
    from losslint.commands.new_rule import run

    return run(name, code, into)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status. Whatever goes wrong is one line on stderr."""
    prepare()
    try:
        status = cli.main(arguments, prog_name="losslint", standalone_mode=False)
        sys.stdout.flush()
    except click.Abort:
        return _INTERRUPTED
    except click.ClickException as error:
        complain(error.format_message())
        return _FAILED
    except LosslintError as error:
        complain(str(error))
        return _FAILED
    except Exception as error:
        if bugs.is_raised():
            raise
        complain(bugs.told(error))
        return _FAILED
    return status if isinstance(status, int) else 0


def script() -> int:
    """What the installed command runs. A check is a process of its own, without code of the user's in it: it need not look
    for garbage, nor take down what it has built."""
    checks = sys.argv[1:2] == ["check"]
    if checks:
        gc.disable()
    status = main()
    if checks and _flushed():
        os._exit(status)
    return status


def _flushed() -> bool:
    """Whether all that was printed has left the process."""
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (AttributeError, OSError, ValueError):
        return False
    return True


if __name__ == "__main__":
    sys.exit(script())
