"""The bill of materials of a package, in CycloneDX's JSON; the same each time it is written."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.factory.license import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from brainstem_app import __version__
from installer.building.editions import Edition, System
from installer.building.release import NAME, file_name, source_date_epoch
from installer.building.shipped import Item


def write_bill(items: Iterable[Item], edition: Edition, system: System, target: Path) -> None:
    """Write what a package of an edition holds."""
    program = Component(
        name=NAME,
        version=__version__,
        type=ComponentType.APPLICATION,
        bom_ref=NAME,
        description=f"{edition.name} edition for {system}",
        licenses=[LicenseFactory().make_from_string("GPL-3.0-or-later")],
    )
    components = [_component(item) for item in items]
    bom = Bom(
        components=components,
        serial_number=uuid5(NAMESPACE_URL, f"{file_name(system, edition, '')} {source_date_epoch()}"),
    )
    bom.metadata.component = program
    bom.metadata.timestamp = datetime.fromtimestamp(source_date_epoch(), UTC)
    bom.register_dependency(program, components)
    target.write_text(JsonV1Dot6(bom).output_as_string(indent=1) + "\n", encoding="utf-8", newline="\n")


def _component(item: Item) -> Component:
    namespace = "debian" if item.kind == "deb" else None
    url = PackageURL(item.kind, namespace, item.name, item.version)
    return Component(
        name=item.name,
        version=item.version,
        type=ComponentType.LIBRARY,
        bom_ref=str(url),
        purl=url,
        licenses=[LicenseFactory().make_from_string(item.licence)] if item.licence else (),
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=item.sha256)] if item.sha256 else (),
    )
