"""Which code a function of the user comes from: the modules beside it that it imports, and installed packages.

A study of a function must not go on with another version of it. Its own module is not enough for that, since a model
usually lies in another one. So imports are followed from file to file, without running any of them, as far as the
user's own modules go. Of what is installed, the version is noted, and not of what that imports in turn.
"""

from __future__ import annotations

import ast
import contextlib
import hashlib
import importlib.util
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

ALWAYS = ("numpy",)
"""Packages whose version counts whether they are imported here or by a package."""

_INSTALLED = frozenset({"site-packages", "dist-packages"})
"""Folders of installed packages; what lies elsewhere is the user's own."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What the results of a function depend on besides parameters and seed."""

    modules: tuple[tuple[str, str], ...]  # name and SHA-256 of each of the user's own modules, sorted
    packages: tuple[tuple[str, str], ...]  # name and version of each installed distribution, sorted


def sources_of(module: ModuleType) -> Sources:
    """Return what a module and its imports come from; a module without a file, or in a package, has no modules."""
    modules: dict[str, str] = {}
    packages = {name: metadata.version(name) for name in ALWAYS}
    waiting = [(name_of(module), Path(module.__file__))] if module.__file__ else []
    if waiting and _is_installed(waiting[0][1]):
        packages |= _distribution(module.__name__.partition(".")[0])
        waiting = []
    while waiting:
        name, path = waiting.pop()
        content = path.read_bytes()
        modules[name] = hashlib.sha256(content).hexdigest()
        if path.suffix != ".py":
            continue
        for imported in _imports(content, name, is_package=path.name == "__init__.py"):
            top = imported.partition(".")[0]
            spec = _spec(top)
            if spec is None:
                continue
            places = [spec.origin or "", *(spec.submodule_search_locations or ())]
            if top == __package__.partition(".")[0] or any(_is_installed(Path(place)) for place in places):
                packages |= _distribution(top)
            else:
                waiting += [found for found in _files(imported, spec) if found[0] not in modules]
    return Sources(tuple(sorted(modules.items())), tuple(sorted(packages.items())))


def name_of(module: ModuleType) -> str:
    """Return the name by which a module is imported: that of its file if it is the program that runs."""
    if module.__name__ not in ("__main__", "__mp_main__"):
        return module.__name__
    if module.__spec__ is not None:  # python -m
        return module.__spec__.name.removesuffix(".__main__")
    return Path(module.__file__ or module.__name__).stem


def _imports(content: bytes, name: str, *, is_package: bool) -> Iterator[str]:
    """Yield the dotted names that a file imports; ``from a import b`` may import a.b, too."""
    package = name if is_package else name.rpartition(".")[0]
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):  # it will fail, if it is imported at all
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *filter(None, [base])])
            if base:
                yield base
                yield from (f"{base}.{alias.name}" for alias in node.names)


def _spec(top: str) -> ModuleSpec | None:
    """Return where a module or package of the first level is, or None if it has no file or comes with Python."""
    if top in sys.stdlib_module_names:
        return None
    with contextlib.suppress(ImportError, ValueError):
        spec = importlib.util.find_spec(top)
        if spec is not None and (spec.has_location or spec.submodule_search_locations):
            return spec
    return None


def _files(imported: str, spec: ModuleSpec) -> Iterator[tuple[str, Path]]:
    """Yield name and file of a module and of the packages above it; a name in a module is none."""
    parts = imported.split(".")
    if spec.origin and spec.has_location:
        yield parts[0], Path(spec.origin)
    folders = [Path(place) for place in spec.submodule_search_locations or ()]
    for depth, part in enumerate(parts[1:], start=2):
        found = [
            path for folder in folders for path in (folder / part / "__init__.py", folder / f"{part}.py")
        ]
        for path in found:
            if path.is_file():
                yield ".".join(parts[:depth]), path
                break
        folders = [folder / part for folder in folders]


def _is_installed(path: Path) -> bool:
    return not _INSTALLED.isdisjoint(path.parts)


def _distribution(top: str) -> dict[str, str]:
    names = _distributions().get(top, [])
    return {name: metadata.version(name) for name in names}


@cache
def _distributions() -> dict[str, list[str]]:
    return {top: sorted(set(names)) for top, names in metadata.packages_distributions().items()}
