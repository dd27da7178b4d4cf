"""Running a program as `python script.py` and `python -m module` do."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import io
import os
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType
from typing import Final

from losslint.errors import InputError

INTERRUPTED: Final = 130
MAIN: Final = "__main__"


@dataclass(frozen=True)
class Program:
    """What to run. `argv` are its arguments with its own name first."""

    argv: tuple[str, ...]
    code: CodeType
    filename: str
    spec: ModuleSpec | None = None


@dataclass(frozen=True)
class End:
    """How a program ended: its exit status, and the exception that left it, None where it came to its end."""

    status: int
    error: BaseException | None = None


def script(path: str, arguments: Sequence[str]) -> Program:
    """A file, or a folder or archive with a `__main__.py`. Raises InputError where there is none.

    SyntaxError and ValueError are those of the file, which Python would not run either.
    """
    argv = (path, *arguments)
    if not Path(path).exists():
        raise InputError(path, "no such file to run")
    if Path(path).is_dir() or path.endswith((".zip", ".pyz")):
        spec = importlib.machinery.PathFinder.find_spec(MAIN, [path])
        if spec is None or spec.loader is None:
            raise InputError(path, "has no `__main__.py` to run")
        _import_from(path)
        return Program(argv, _code(spec), spec.origin or path, spec)
    filename = os.path.abspath(path)  # noqa: PTH100 - what Python itself puts into __file__
    try:
        with io.open_code(filename) as file:
            source = file.read()
    except OSError as error:
        raise InputError(path, f"cannot be read: {error.strerror or error}") from error
    code = compile(source, filename, "exec", dont_inherit=True)
    _import_from(str(Path(filename).resolve().parent))
    return Program(argv, code, filename)


def module(name: str, arguments: Sequence[str]) -> Program:
    """A module, or a package's `__main__`, found from the current folder. Raises InputError where there is none."""
    _import_from(str(Path.cwd()))
    try:
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.submodule_search_locations is not None:
            spec = importlib.util.find_spec(f"{name}.{MAIN}")
    except Exception as error:
        raise InputError(f"-m {name}", f"cannot be found: {type(error).__name__}: {error}") from error
    if spec is None or spec.loader is None:
        raise InputError(f"-m {name}", "no such module to run")
    return Program((spec.origin or name, *arguments), _code(spec), spec.origin or name, spec)


def _import_from(folder: str) -> None:
    """Put a folder where Python has the program's: first, in place of losslint's own."""
    if not getattr(sys.flags, "safe_path", False):
        sys.path[:1] = [folder]


def _code(spec: ModuleSpec) -> CodeType:
    get = getattr(spec.loader, "get_code", None)
    code = get(spec.name) if get is not None else None
    if not isinstance(code, CodeType):
        raise InputError(spec.name, "holds no Python code to run")
    return code


def execute(program: Program) -> End:
    """Run it to its end, and to that of the threads that Python would wait for. `__main__` stays the program's afterwards."""
    main = ModuleType(MAIN)
    main.__dict__.update(
        __file__=program.filename,
        __builtins__=__builtins__,
        __spec__=program.spec,
        __loader__=program.spec.loader if program.spec is not None else None,
        __package__=program.spec.parent if program.spec is not None else None,
        __cached__=None,
    )
    sys.modules[MAIN] = main
    sys.argv[:] = program.argv
    error: BaseException | None = None
    try:
        exec(program.code, main.__dict__)
    except BaseException as raised:
        error = raised
    _join_threads()
    if isinstance(error, SystemExit):
        return End(_status(error), None)
    return End(INTERRUPTED if isinstance(error, KeyboardInterrupt) else 1 if error is not None else 0, error)


def _join_threads() -> None:
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and not thread.daemon:
            try:
                thread.join()
            except KeyboardInterrupt:
                return


def _status(end: SystemExit) -> int:
    """What Python makes of `sys.exit(...)`: text is an error message."""
    if end.code is None:
        return 0
    if isinstance(end.code, int):
        return end.code & 0xFF
    sys.stderr.write(f"{end.code}\n")
    return 1
