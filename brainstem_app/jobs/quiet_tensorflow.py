"""TensorFlow's import without the lines that it writes about itself.

Its libraries say that oneDNN is on, which instructions the processor has and which parts of CUDA are there,
at every start and before `TF_CPP_MIN_LOG_LEVEL` counts, ahead of the program's own words. What else is
written meanwhile comes through, and all of it if the import fails.
"""

from __future__ import annotations

import faulthandler
import importlib.util
import os
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

_STDERR = 2
_ABOUT_ITSELF = re.compile(
    r"WARNING: All log messages before absl::InitializeLog\(\)"
    r"|To enable the following instructions:"
    r"|[IWE]\d{4} \d\d:\d\d:[\d.]+\s+\d+ \w+\.\w+:\d+\]"  # what absl writes
    r"|\d{4}-\d\d-\d\d [\d:.]+: [IWE] (?:tensorflow|external)/"  # what TensorFlow's own logging writes
)


def keep_tensorflow_quiet() -> None:
    """Let the first import of TensorFlow, whoever asks for it, pass without its lines; see the module."""
    if "tensorflow" not in sys.modules and not any(isinstance(found, _Finder) for found in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _Finder(MetaPathFinder):
    """Finds TensorFlow as the others do, once, and wraps how it is loaded."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the wrapped place of TensorFlow; None for every other module."""
        if fullname != "tensorflow":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = _QuietLoader(spec.loader)
        return spec


class _QuietLoader(Loader):
    """Loads a module by another loader, and passes on what it writes except lines about itself."""

    def __init__(self, loader: Loader) -> None:
        self._loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        """Make the module as the other loader does."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Run the module."""
        with _filtered_stderr():
            self._loader.exec_module(module)

    def __getattr__(self, name: str) -> object:
        return getattr(self._loader, name)


@contextmanager
def _filtered_stderr() -> Iterator[None]:
    """Hold back what is written to standard error, C libraries' too, and leave out lines about TensorFlow.

    If what happens inside fails, they may say why: none is left out.
    """
    try:
        kept = os.dup(_STDERR)
    except OSError:  # A process without standard error has nobody to be spared.
        yield
        return
    with tempfile.TemporaryFile() as held, os.fdopen(kept, "wb", buffering=0) as stderr:
        # A crash inside would take the held lines along: at least Python says where it was.
        watched = faulthandler.is_enabled()
        if not watched:
            faulthandler.enable(stderr)
        os.dup2(held.fileno(), _STDERR)
        failed = True
        try:
            yield
            failed = False
        finally:
            if sys.stderr is not None:
                sys.stderr.flush()
            os.dup2(stderr.fileno(), _STDERR)
            if not watched:
                faulthandler.disable()
            held.seek(0)
            for line in held.read().splitlines(keepends=True):
                if failed or not _ABOUT_ITSELF.match(line.decode("utf-8", "replace")):
                    stderr.write(line)
