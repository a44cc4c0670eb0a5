"""Compiling the equations, and caching compiled code for later processes.

numba caches compiled code beside the module, or in a folder of the user, and checks it against the source of that
module only. Three things are added here, so that no state of the cache can end a batch or change its numbers: the
cache is valid for the state of all compiled modules, because they call each other; damaged files are compiled again;
and if there is no permanent place, the cache is kept for this run and its workers.
"""

from __future__ import annotations

import atexit
import logging
import os
import pickle
import shutil
import tempfile
from collections import namedtuple
from collections.abc import Callable
from enum import IntEnum
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import numba as nb
from llvmlite import ir
from numba.core import caching, cgutils
from numba.core.serialize import dumps
from numba.extending import intrinsic, register_jitable

log = logging.getLogger("hypercluster")

SOURCES = (
    "compiled.py",
    "channels.py",
    "elementary.py",
    "quantiles.py",
    "streams.py",
    "engine/arrays.py",
    "engine/membership_months.py",
    "engine/technology.py",
    "engine/technology_months.py",
    "engine/months.py",
    "engine/partners.py",
    "engine/ties.py",
    "engine/kernels/*.py",
    "mechanisms/*.py",
    "metrics/passes.py",
    "results/passes.py",
    "analysis/passes.py",
)
"""Modules with compiled functions, or with constants of these."""

FOLDER = "NUMBA_CACHE_DIR"
"""Environment variable that names the folder for compiled code; worker processes inherit it."""

inlined = nb.njit(inline="always")
"""Compile a function into every compiled function that calls it."""

compilable = register_jitable(error_model="numpy", forceinline=True)
"""The same, by the optimizer, for a function that stays an ordinary one where code that is not compiled calls it."""


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function when it is first called, or load what an earlier process has compiled."""
    # Other threads of the process may go on meanwhile: they read what is needed next.
    kernel = nb.njit(error_model="numpy", nogil=True)(function)
    if kernel is not function:  # it is with NUMBA_DISABLE_JIT, for a debugger
        try:
            kernel._cache = _Cache(function)  # what cache=True does
        except (RuntimeError, OSError):
            _say_once("Compiled code cannot be stored anywhere, not even in a temporary folder")
    return kernel


def places(members: type[IntEnum]) -> Any:
    """Return the members as plain numbers under their names, for compiled code to index arrays with.

    numba takes a member itself as an index only since 0.68.
    """
    numbers = namedtuple(f"{members.__name__}Places", members.__members__)  # type: ignore[misc]
    return numbers(*map(int, members))


@intrinsic
def _borrowed(_typing: Any, values: Any) -> Any:
    def make(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        (struct,) = arguments
        for place, kind in enumerate(signature.args[0].types):
            if isinstance(kind, nb.types.Array):
                array = context.make_array(kind)(context, builder, builder.extract_value(struct, place))
                array.meminfo = array.meminfo.type(None)
                struct = builder.insert_value(struct, array._getvalue(), place)
        return struct

    return values(values), make


@inlined
def borrowed(values: Any) -> Any:
    """Return a named tuple whose arrays compiled code reads and writes without counting references to them.

    Counting takes a fifth of the time of a month, because it is done for each array that is taken out of a tuple. The
    caller must hold the tuple that was passed for as long as the one returned is used.
    """
    return values if nb.config.DISABLE_JIT else _borrowed(values)


@intrinsic
def _prefetch(_typing: Any, values: Any, index: Any) -> Any:
    def make(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array = context.make_array(signature.args[0])(context, builder, arguments[0])
        stride, *_ = cgutils.unpack_tuple(builder, array.strides)
        address, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        start = builder.bitcast(array.data, address)
        kind = ir.FunctionType(ir.VoidType(), [address, number, number, number])
        builder.call(
            builder.module.declare_intrinsic("llvm.prefetch", [address], kind),
            # To be written soon, to be kept in all caches, data.
            [builder.gep(start, [builder.mul(stride, arguments[1])]), number(1), number(3), number(1)],
        )
        return context.get_dummy_value()

    return nb.void(values, nb.int64), make


@inlined
def prefetch(values: Any, index: int) -> None:
    """Ask the processor for ``values[index]``, which is read or written soon; this changes no number.

    A loop over places in no order waits for the memory at each of them if the arrays do not fit into the caches.
    """
    if not nb.config.DISABLE_JIT:
        _prefetch(values, index)


@cache
def _state_of_all_sources() -> str:
    package = Path(__file__).parent
    paths = sorted(path for pattern in SOURCES for path in package.glob(pattern))
    return sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()


@cache
def _say_once(trouble: str) -> None:
    log.warning(
        "%s: the equations are compiled at every start, which takes about a minute. "
        "Set %s to a folder that can be written.",
        trouble,
        FOLDER,
    )


class _OfAllSources:
    """Checks that compiled code is up to date with the source of all modules that have compiled functions."""

    def get_source_stamp(self) -> str:
        return _state_of_all_sources()


class _Named(_OfAllSources, caching.UserProvidedCacheLocator):
    """A cache in the folder that the environment names."""


class _InTree(_OfAllSources, caching.InTreeCacheLocator):
    """Beside the module."""


class _OfUser(_OfAllSources, caching.UserWideCacheLocator):
    """A cache in a folder of the user."""


class _ForThisRun(_Named):
    """A cache in a temporary folder that this process and its workers share, removed at its end."""

    @classmethod
    def from_function(cls, function: Callable[..., Any], file: str) -> Any:
        _say_once("Compiled code cannot be kept: neither the program's folder nor the user's can be written")
        folder = nb.config.CACHE_DIR = os.environ[FOLDER] = tempfile.mkdtemp(prefix="hypercluster-compiled-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        return super().from_function(function, file)


class _Implementation(caching.CompileResultCacheImpl):
    """Compiled code with a checksum, because nothing else would detect a wrong bit in it."""

    _locator_classes = [_Named, _InTree, _OfUser, _ForThisRun]  # noqa: RUF012 - numba's name for them

    def reduce(self, compiled_function: Any) -> tuple[str, bytes]:
        content = dumps(super().reduce(compiled_function))
        return sha256(content).hexdigest(), content

    def rebuild(self, target: Any, kept: tuple[str, bytes]) -> Any:
        digest, content = kept
        if sha256(content).hexdigest() != digest:
            raise ValueError("damaged")
        return super().rebuild(target, pickle.loads(content))


class _Cache(caching.FunctionCache):
    """A cache whose errors do not end a run: unreadable code is compiled, unwritable code is not kept."""

    _impl_class = _Implementation

    def load_overload(self, signature: Any, target: Any) -> Any:
        try:
            return super().load_overload(signature, target)
        except Exception:  # noqa: BLE001 - unpickling a damaged file may raise anything
            self._try(self.flush)
            return None

    def save_overload(self, signature: Any, compiled_function: Any) -> None:
        self._try(lambda: super(_Cache, self).save_overload(signature, compiled_function))

    def _try(self, write: Callable[[], None]) -> None:
        try:
            write()
        except Exception as error:  # noqa: BLE001 - a run needs no cache
            _say_once(f"Compiled code cannot be kept in {self.cache_path}: {error}")
