"""Where the program's own files and the user's lie."""

from __future__ import annotations

import sys
from pathlib import Path

from platformdirs import user_data_path

from brainstem_app.errors import BrainstemError

_PACKAGE = Path(__file__).resolve().parent
#: Of the two editions; Debian keeps their documents below /usr/share/doc.
_DEBIAN_PACKAGES = ("brainstem-app-predict", "brainstem-app")
_BILL_OF_MATERIALS = "sbom.cdx.json"


def resource(*parts: str) -> Path:
    """Path of a file or folder that ships with the program.

    Parameters
    ----------
    *parts : str
        Path below ``resources/``, e.g. ``resource("atlas", "brainstem31")``.

    Returns
    -------
    Path
        An existing path: inside the installed package, or ``resources/`` of a source checkout.

    Raises
    ------
    BrainstemError
        If the file is not there: the installation is incomplete.
    """
    for root in (_PACKAGE / "resources", _PACKAGE.parent / "resources"):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    name = "/".join(parts)
    raise BrainstemError(
        f"A file of the program is missing: resources/{name}.",
        _PACKAGE.parent / "resources" / name,
        "Install Brainstem App again.",
    )


def notices_folder() -> Path:
    """Folder with the licences and notices of all that runs here.

    A package has them for the program and every library, with a bill of materials; from source they are those
    of the resources, and each library keeps its own.

    Raises
    ------
    BrainstemError
        If the resources are not there either: the installation is incomplete.
    """
    top = _PACKAGE.parent.parent
    in_debian = top.parent.parent / "share" / "doc"
    places = [top / "doc", *(in_debian / name for name in _DEBIAN_PACKAGES)]
    for folder in places:
        if (folder / _BILL_OF_MATERIALS).is_file():
            return folder
    return resource("template").parent


def manual_folder() -> Path:
    """Folder with the documentation as a repository has it: ``docs/``, its contents, the changelog.

    Raises
    ------
    BrainstemError
        If it is not there: the installation is incomplete.
    """
    for root in (_PACKAGE / "manual", _PACKAGE.parent):
        if (root / "mkdocs.yml").is_file():
            return root
    raise BrainstemError("The manual is missing.", _PACKAGE / "manual", "Install Brainstem App again.")


def user_data_folder() -> Path:
    """Folder for the user's own models, atlases, settings and logs (not created here)."""
    name = "Brainstem App" if sys.platform in {"win32", "darwin"} else "brainstem-app"
    return user_data_path(name, appauthor=False)
