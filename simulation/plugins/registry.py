"""Registries: what the package and plugins offer of one kind, by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from simulation.errors import HyperclusterError, suggestion
from simulation.hidden_characters import visible
from simulation.plugins.declared import Contribution, Plugin
from simulation.plugins.loading import LOCK


class UnknownNameError(HyperclusterError, KeyError):
    """A name that nothing here adds; a study may have been made with a plugin that is not loaded."""

    def __str__(self) -> str:
        return visible(str(self.args[0]))  # without the quotes of a KeyError


class Registry[T](Mapping[str, T]):
    """What the package and plugins offer of one kind by name, found when it is first asked for.

    Parameters
    ----------
    kind : of what it holds, in words.
    find : returns each name and value with the plugin that adds it, None for the package.
    """

    def __init__(self, kind: str, find: Callable[[], Iterable[tuple[str, T, Plugin | None]]]) -> None:
        self._kind, self._find = kind, find
        self._found: dict[str, tuple[T, Plugin | None]] | None = None

    @property
    def _all(self) -> dict[str, tuple[T, Plugin | None]]:
        if self._found is None:
            with LOCK:
                if self._found is None:
                    self._found = {name: (value, plugin) for name, value, plugin in self._find()}
        return self._found

    def __getitem__(self, name: str) -> T:
        found = self._all.get(name)
        if found is None:
            hint = (
                suggestion(str(name), self._all) or "; if a plugin adds it, install it or give --plugin FILE"
            )
            raise UnknownNameError(f'no {self._kind} "{name}"{hint}')
        return found[0]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all)

    def __len__(self) -> int:
        return len(self._all)

    def plugin_of(self, name: str) -> Plugin | None:
        """Return the plugin that adds a name; None if the package does, or nothing."""
        return self._all.get(name, (None, None))[1]


def with_added[T](
    own: Mapping[str, T], added: Iterable[tuple[Contribution, str, T]]
) -> Iterator[tuple[str, T, Plugin | None]]:
    """Yield what the package has and then what plugins add.

    Raises
    ------
    PluginError
        If a name is taken.
    """
    yield from ((name, value, None) for name, value in own.items())
    taken: dict[str, str] = dict.fromkeys(own, "hypercluster itself")
    for contribution, name, value in added:
        if name in taken:
            raise contribution.fault(
                f"this name is taken by {taken[name]}; choose another one",
                at=name,
                key=contribution.group,
                found=f'"{name}"',
            )
        taken[name] = f"the plugin {contribution.plugin}"
        yield name, value, contribution.plugin
