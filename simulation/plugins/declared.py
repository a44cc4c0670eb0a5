"""What a plugin declares, and the messages about what is wrong with it: plugin, file, line, what would do."""

from __future__ import annotations

import ast
import inspect
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from simulation.errors import PluginError, Problem, shortened

EXPECTED = {
    "policies": "a class derived from Policy or RegionalPolicy",
    "metrics": "METRICS, a tuple of Metric",
    "figures": "FIGURE, a StudyFigure, or FIGURES, a tuple of them",
    "mechanisms": "a class derived from Mechanism",
    "datasets": "DATASETS, a table from names to folders",
    "scenarios": "SCENARIOS, a file, or a folder of files",
}
"""What a module declares to add to each group, in words."""


@dataclass(frozen=True, slots=True)
class Plugin:
    """A single file, or an installed distribution, that adds to the package."""

    name: str  # of the distribution, or of the file without its suffix
    version: str  # "" if a file has no ``__version__``
    sha256: str  # of its files
    path: str = ""  # of the single file; "" for a distribution

    def __str__(self) -> str:
        return f"{self.name} {self.version}".rstrip()

    @property
    def digest(self) -> str:
        """Version and SHA-256, as the manifest of a results folder has them."""
        return f"{self.version} {self.sha256}".lstrip()


@dataclass(frozen=True, slots=True)
class Contribution:
    """A module, or an object in one, that a plugin offers to a registry."""

    plugin: Plugin
    group: str
    name: str  # of the entry point, or of the single file
    value: object
    module: ModuleType

    def classes(self, base: type) -> list[Any]:
        """Return the subclasses of a class that it declares."""
        if not isinstance(self.value, ModuleType):
            found = [self.value]
        else:
            found = [
                value
                for value in vars(self.value).values()
                if isinstance(value, type)
                and issubclass(value, base)
                and value.__module__ == self.module.__name__
            ]
        if wrong := [value for value in found if not (isinstance(value, type) and issubclass(value, base))]:
            raise self._other(wrong[0])
        return found

    def instances[T](self, base: type[T], *names: str) -> list[T]:
        """Return the objects of a class that it declares under one of these names, alone or in a tuple."""
        values = (
            [vars(self.value)[name] for name in names if name in vars(self.value)]
            if isinstance(self.value, ModuleType)
            else [self.value]
        )
        found = [
            each for value in values for each in (value if isinstance(value, tuple | list) else (value,))
        ]
        if wrong := [value for value in found if not isinstance(value, base)]:
            raise self._other(wrong[0])
        if not found and not self.plugin.path:
            raise self._other(self.value)
        return found

    def _other(self, value: object) -> PluginError:
        shown = value.__name__ if isinstance(value, ModuleType | type) else repr(value)
        at = value if hasattr(value, "__name__") else EXPECTED[self.group].partition(",")[0]
        return self.fault(f"expected {EXPECTED[self.group]}", found=shortened(shown), at=at)

    def fault(
        self, message: str, *, at: object = None, attribute: str = "", key: str = "", found: str = ""
    ) -> PluginError:
        """Return the error of a declaration.

        Parameters
        ----------
        message : what would do.
        at : the class or function at fault, or a word that its line contains.
        attribute : the attribute of the class that is at fault.
        key, found : what is wrong, and its value.
        """
        module = sys.modules.get(getattr(at, "__module__", None) or "", self.module)
        file = getattr(module, "__file__", None) or ""
        if not _is_of(module, self.module):
            file = getattr(self.module, "__file__", None) or ""
        code = getattr(at, "__code__", None)
        word = at if isinstance(at, str) else getattr(at, "__name__", "")
        line = _line_of(file, word, attribute) if code is None else code.co_firstlineno
        return PluginError([Problem(label(self.plugin, file), line, key, message, found)])

    def require(self, at: object, name: str, function: object, *args: str, **named: str) -> None:
        """Raise a PluginError unless a function takes these arguments, here given by their names."""
        call = f"{name}({', '.join([*args, *(f'{key}=...' for key in named)])})"
        if not callable(function):
            raise self.fault(f"must be a function; it is called as {call}", at=at, key=name)
        try:
            signature = inspect.signature(function)
        except ValueError:  # compiled functions of others may have none
            return
        try:
            signature.bind(*args, **named)
        except TypeError as error:
            raise self.fault(
                f"is called as {call}: {error}",
                at=function if hasattr(function, "__code__") else at,
                key=name,
                found=str(signature),
            ) from None


TOO_EARLY = (
    "imports what is built from plugins, this one included; move the import into the function that uses it"
)
"""What is wrong with a plugin that imports the schema of scenarios while it is loaded."""


def broken(plugin: Plugin, error: Exception, ours: Callable[[str], bool], where: str = "") -> PluginError:
    """Return the message for an exception in the code of a plugin, with the last line of that code that it passed."""
    if isinstance(error, PluginError):
        return error
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if ours(frame.filename)]
    file, line, text = plugin.path, None, ""
    if frames:
        file, line, text = frames[-1].filename, frames[-1].lineno, frames[-1].line or ""
    if isinstance(error, SyntaxError) and error.filename and ours(error.filename):
        file, line, text = error.filename, error.lineno, error.text or ""
    reason = error.msg if isinstance(error, SyntaxError) else " ".join(str(error).split())
    message = (
        f"{type(error).__name__}: {shortened(reason, at_most=300)}; mend it, or leave the plugin out{where}"
    )
    if isinstance(error, ImportError) and "partially initialized module 'simulation." in reason:
        message = TOO_EARLY
    return PluginError([Problem(label(plugin, file), line, "", message, shortened(text.strip()))])


def too_early(plugin: Plugin, file: str) -> PluginError:
    """Return the message for a plugin that imports, while it is loaded, what is built from all plugins."""
    frames = [frame for frame in traceback.extract_stack() if frame.filename == file]
    line, text = (frames[-1].lineno, frames[-1].line or "") if frames else (None, "")
    return PluginError([Problem(label(plugin, file), line, "", TOO_EARLY, shortened(text))])


def _is_of(module: ModuleType, other: ModuleType) -> bool:
    return module.__name__.partition(".")[0] == other.__name__.partition(".")[0]


def label(plugin: Plugin, file: str) -> str:
    return f"plugin {plugin}, {shown(file)}" if file else f"plugin {plugin}"


def shown(path: str) -> str:
    here = Path(path)
    return str(here.relative_to(Path.cwd())) if here.is_relative_to(Path.cwd()) else path


def _line_of(file: str, word: str, attribute: str = "") -> int | None:
    """Return the line of a file that defines a name, or an attribute of it, or else contains it as a text, if any."""
    try:
        tree: Any = ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return None
    found: list[Any] = [node for node in ast.walk(tree) if hasattr(node, "lineno")]
    nodes = sorted(found, key=lambda node: node.lineno)
    defined = [n for n in nodes if getattr(n, "name", None) == word and not isinstance(n, ast.alias)]
    assigned = [n for n in nodes if isinstance(n, ast.Name) and n.id == word and isinstance(n.ctx, ast.Store)]
    written = [n for n in nodes if isinstance(n, ast.Constant) and n.value == word]
    for statement in getattr(defined[0], "body", []) if defined else []:
        target = getattr(statement, "target", None) or next(iter(getattr(statement, "targets", [])), None)
        if attribute and getattr(target, "id", "") == attribute:
            return int(statement.lineno)
    first = next(iter([*defined, *assigned, *written]), None)
    return None if first is None else int(first.lineno)
