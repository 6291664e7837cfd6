"""Import of TensorFlow without the lines that its libraries write to standard error when they are loaded.

They come from C++ before any level of logging is read, so that only the descriptor itself can be turned away.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_NOISY = "tensorflow"
#: Levels of TF_CPP_MIN_LOG_LEVEL at which a user wants to see such lines.
_SPOKEN_LEVELS = frozenset({"0", "1"})


def quieten_tensorflow() -> None:
    """Let TensorFlow start without a line, unless the user has asked for its lines or it fails."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    spoken = os.environ["TF_CPP_MIN_LOG_LEVEL"] in _SPOKEN_LEVELS
    if spoken or _NOISY in sys.modules or any(isinstance(one, _QuietFinder) for one in sys.meta_path):
        return
    sys.meta_path.insert(0, _QuietFinder())


class _QuietFinder(MetaPathFinder):
    """Finds TensorFlow as everyone does, and keeps standard error while it is loaded."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != _NOISY:
            return None
        sys.meta_path.remove(self)
        spec = next(
            filter(None, (finder.find_spec(fullname, path, target) for finder in sys.meta_path)), None
        )
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                with _standard_error_kept():
                    load(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


@contextmanager
def _standard_error_kept() -> Iterator[None]:
    """Keep what is written to descriptor 2, and write it only if what happens inside fails."""
    with tempfile.TemporaryFile() as kept:
        standard_error = os.dup(2)
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(standard_error, 2)
            kept.seek(0)
            os.write(2, kept.read())
            raise
        finally:
            os.dup2(standard_error, 2)
            os.close(standard_error)
