"""Finding and importing plugins: installed distributions with entry points, and single files.

Nothing is imported before a registry needs it. Worker processes of this machine inherit the names of single files;
workers elsewhere receive the files with their tasks.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import importlib.util
import os
import pickle
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Any

from simulation.errors import HyperclusterError, PluginError, Problem, listed, shortened, suggestion
from simulation.plugins.declared import EXPECTED, Contribution, Plugin, broken, label, shown, too_early

GROUPS = ("policies", "metrics", "figures", "mechanisms", "datasets", "scenarios")
"""What a plugin may add; the group of its entry point is ``hypercluster.`` and one of these."""

NUMBERS = ("policies", "metrics", "mechanisms")
"""Groups whose code decides numbers. The content of datasets and scenarios has a digest of its own."""

VARIABLE = "HYPERCLUSTER_PLUGINS"
"""Environment variable with the paths of single files, separated like those of ``PATH``."""

SOURCES = ("*.py", "*.csv", "*.toml")
"""Files of an installed plugin that count for its digest."""

_FILE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\.py")
LOCK = RLock()
"""Of what follows, and of the registries: a page answers in threads."""
_adopted: dict[str, bytes] = {}  # content of files that came with a task, by path
_running: set[str] = set()  # names of the single files that are being executed
_asked: set[str] = set()  # groups that a registry has asked for


def use(*paths: str | Path) -> None:
    """Load plugins from single files, here and in the processes that this one starts.

    Parameters
    ----------
    paths : Python files, in addition to those used before.

    Raises
    ------
    PluginError
        If a file cannot be read, or is no Python file.
    HyperclusterError
        If the schema of scenarios is already built, so that the file could not add to it any more.
    """
    with LOCK:
        given = os.environ.get(VARIABLE, "").split(os.pathsep)
        names = [*filter(None, given), *(str(Path(path).absolute()) for path in paths)]
        added = [name for name in dict.fromkeys(names) if name not in given]
        for name in added:
            _file_of(name, _content(name))
        if added and _asked:
            raise HyperclusterError(
                f"{', '.join(added)}: too late for a plugin, because what plugins add is already in use here; call "
                f"simulation.plugins.use before anything else of simulation, or set {VARIABLE} before the start"
            )
        if added:
            os.environ[VARIABLE] = os.pathsep.join(dict.fromkeys(names))


def carried() -> tuple[tuple[str, bytes], ...]:
    """Return path and content of the single files in use, for a worker that does not inherit them."""
    return tuple((plugin.path, content) for plugin, content in _files().values())


def options() -> list[str]:
    """Return the options with which a command uses the same single files again."""
    return [word for plugin, _ in _files().values() for word in ("--plugin", shown(plugin.path))]


def adopt(files: Iterable[tuple[str, bytes]]) -> None:
    """Use the single files that came with a task.

    Raises
    ------
    HyperclusterError
        If this process has already begun without them, or with others.
    """
    with LOCK:
        here = {plugin.name: plugin.sha256 for plugin, _ in _files().values()}
        for path, content in files:
            if here.get(Path(path).stem) == _sha256({"": content}):
                continue
            if _asked:
                raise HyperclusterError(
                    f"this worker began without the plugin {_file_of(path, content)} of {path}; start it anew"
                )
            _adopted[path] = content


def carrying[**P, T](function: Callable[P, T]) -> Callable[P, T]:
    """Return a function that brings the single files with it to another process."""
    return _Carrying(function) if carried() else function


@dataclass(frozen=True, slots=True)
class _Carrying[**P, T]:
    """A function whose files are in use before it is unpickled."""

    function: Callable[P, T]

    def __call__(self, *args: P.args, **named: P.kwargs) -> T:
        return self.function(*args, **named)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[object, ...]]:
        return _unpacked, (carried(), pickle.dumps(self.function))


def _unpacked(files: Iterable[tuple[str, bytes]], function: bytes) -> Any:
    adopt(files)
    return pickle.loads(function)


def known() -> dict[str, Plugin]:
    """Return the plugins of this process by name, without importing them."""
    return {name: plugin for name, (plugin, _) in _files().items()} | dict(_distributions())


def parts() -> dict[str, str]:
    """Return version and digest of each plugin whose code may decide numbers, by name; without importing them."""
    ours = {name: plugin for name, (plugin, _) in _files().items()}
    theirs = {
        entry.dist.name: _distributions()[entry.dist.name]
        for group in NUMBERS
        for entry in _entry_points(group)
        if entry.dist is not None
    }
    return {f"plugin {name}": plugin.digest for name, plugin in sorted({**theirs, **ours}.items())}


def contributions(group: str) -> list[Contribution]:
    """Import the plugins that may add to a group, and return what they offer, sorted by plugin.

    Raises
    ------
    PluginError
        If one of them cannot be imported; names the plugin, its file, the line and the reason.
    """
    with LOCK:
        _asked.add(group)
        found = [
            Contribution(plugin, group, plugin.name, module, module)
            for plugin, content in _files().values()
            for module in [_executed(plugin, content)]
        ]
        return found + [_loaded(group, entry) for entry in _entry_points(group)]


def _content(path: str) -> bytes:
    if not _FILE_NAME.fullmatch(Path(path).name):
        message = "must be the path of a Python file, such as my_policies.py"
        raise PluginError([Problem(shown(path), None, "--plugin", message, shortened(Path(path).name))])
    try:
        return Path(path).read_bytes()
    except OSError as error:
        message = f"cannot be read: {error.strerror}; give the path of a Python file"
        raise PluginError([Problem(shown(path), None, "--plugin", message)]) from None


def _files() -> dict[str, tuple[Plugin, bytes]]:
    """Return the single files of this process by name."""
    paths = list(filter(None, os.environ.get(VARIABLE, "").split(os.pathsep)))
    return dict(_read(tuple(paths), tuple(_adopted)))


@cache
def _read(paths: tuple[str, ...], adopted: tuple[str, ...]) -> dict[str, tuple[Plugin, bytes]]:
    found: dict[str, tuple[Plugin, bytes]] = {}
    for path, content in [*((path, _content(path)) for path in paths), *((p, _adopted[p]) for p in adopted)]:
        plugin = _file_of(path, content)
        other = found.get(plugin.name, (plugin, b""))[0]
        if other.path != plugin.path or plugin.name in _distributions():
            taken = shown(other.path) if other.path != plugin.path else "an installed distribution"
            message = f"another plugin of this name is in use, {taken}; rename the file"
            raise PluginError([Problem(shown(path), None, "--plugin", message, plugin.name)])
        found[plugin.name] = plugin, content
    return found


def _file_of(path: str, content: bytes) -> Plugin:
    """Return the plugin of a single file, whose syntax is checked here."""
    plugin = Plugin(Path(path).stem, "", _sha256({"": content}), path)
    try:
        tree = ast.parse(content, filename=path)
    except (SyntaxError, ValueError) as error:
        raise broken(plugin, error, lambda file: file == path) from None
    versions = [
        node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and [getattr(target, "id", "") for target in node.targets] == ["__version__"]
        and isinstance(node.value, ast.Constant)
    ]
    return Plugin(plugin.name, str(versions[-1]) if versions else "", plugin.sha256, path)


def _executed(plugin: Plugin, content: bytes) -> ModuleType:
    """Return the module of a single file."""
    name = f"hypercluster_plugin_{plugin.name.replace('-', '_')}"
    if plugin.name in _running:
        raise too_early(plugin, plugin.path)
    if name in sys.modules:
        return sys.modules[name]
    module = ModuleType(name)
    module.__file__ = plugin.path
    _running.add(plugin.name)
    sys.modules[name] = module  # where classes look for their module, and pickle for classes
    try:
        exec(compile(content, plugin.path, "exec"), vars(module))
        if not any(map(_declares, vars(module).items())):
            expected = "; ".join(EXPECTED.values())
            raise PluginError(
                [Problem(label(plugin, plugin.path), None, "", f"adds nothing; expected {expected}")]
            )
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, Exception):
            raise broken(plugin, error, lambda file: file == plugin.path) from error
        raise
    finally:
        _running.discard(plugin.name)
    return module


def _declares(item: tuple[str, object]) -> bool:
    """Whether a name of a module adds something; its registry then checks it."""
    name, value = item
    words = ("METRICS", "FIGURE", "FIGURES", "DATASETS", "SCENARIOS")
    return name in words or (
        isinstance(value, type) and any(hasattr(value, m) for m in ("full_cost", "factor"))
    )


def _loaded(group: str, entry: importlib.metadata.EntryPoint) -> Contribution:
    """Import what an entry point names."""
    assert entry.dist is not None
    plugin = _distributions()[entry.dist.name]
    begun = sys.modules.get(entry.module)
    if getattr(getattr(begun, "__spec__", None), "_initializing", False):
        raise too_early(plugin, getattr(begun, "__file__", None) or "")
    folders = _folders(entry.module)
    try:
        value = entry.load()
    except Exception as error:
        where = f" (entry point {entry.name} = {entry.value!r} of hypercluster.{group})"
        raise broken(
            plugin, error, lambda file: any(file.startswith(folder) for folder in folders), where
        ) from error
    return Contribution(plugin, group, entry.name, value, sys.modules[entry.module])


@cache
def _all_entry_points() -> importlib.metadata.EntryPoints:
    return importlib.metadata.entry_points()  # reads the metadata of every installed distribution


@cache
def _entry_points(group: str) -> tuple[importlib.metadata.EntryPoint, ...]:
    found = _all_entry_points().select(group=f"hypercluster.{group}")
    return tuple(sorted((e for e in found if e.dist), key=lambda e: (getattr(e.dist, "name", ""), e.name)))


@cache
def _distributions() -> Mapping[str, Plugin]:
    """Return the installed plugins by name."""
    modules: dict[str, set[str]] = {}
    versions: dict[str, str] = {}
    for entry in (entry for group in GROUPS for entry in _entry_points(group)):
        assert entry.dist is not None
        modules.setdefault(entry.dist.name, set()).add(entry.module)
        versions[entry.dist.name] = entry.dist.version
    unknown = [
        e.group
        for e in _all_entry_points()
        if e.group.startswith("hypercluster.") and e.group.partition(".")[2] not in GROUPS
    ]
    if unknown:
        hint = suggestion(unknown[0].partition(".")[2], GROUPS)
        raise HyperclusterError(
            f'entry points of the group "{unknown[0]}"{hint}; the groups are '
            f"{listed(f'hypercluster.{group}' for group in GROUPS)}"
        )
    return {name: Plugin(name, versions[name], _digest_of(found)) for name, found in modules.items()}


def _digest_of(modules: Iterable[str]) -> str:
    """Return the SHA-256 of the sources of modules and of the packages around them."""
    texts: dict[str, bytes] = {}
    for place in {folder for module in modules for folder in _folders(module)}:
        root = Path(place)
        files = [root] if root.is_file() else [file for kind in SOURCES for file in root.rglob(kind)]
        texts |= {f"{root.name}/{file.relative_to(root).as_posix()}": file.read_bytes() for file in files}
    return _sha256(texts)


def _folders(module: str) -> tuple[str, ...]:
    """Return the folders of the package around a module, or its file; none if there is no such package."""
    try:
        spec = importlib.util.find_spec(module.partition(".")[0])
    except (ImportError, ValueError):
        return ()
    if spec is None:
        return ()
    return tuple(spec.submodule_search_locations or filter(None, [spec.origin]))


def _sha256(texts: Mapping[str, bytes]) -> str:
    digest = hashlib.sha256()
    for file, text in sorted(texts.items()):
        digest.update(f"{file}\0".encode() + text + b"\0")
    return digest.hexdigest()
