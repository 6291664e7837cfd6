"""FSL's atlas description: ``<atlas><header><type>…</type></header><data><label index="0">PAG</label>…``.

In a *probabilistic* atlas the index is the number of the volume, counted from 0, and the summary label map
holds the index plus 1. In a *label* atlas the index is the value itself.
"""

from __future__ import annotations

from xml.etree import ElementTree

from brainstem_app.atlas.source_tables.source_label import SourceLabel


def read_fsl_xml(text: str, *, volumes: bool) -> list[SourceLabel]:
    """Read an FSL atlas description.

    Parameters
    ----------
    text : str
        Content of the XML file.
    volumes : bool
        Whether the table is for an image of several volumes rather than a label map.

    Raises
    ------
    ValueError
        If the text is no such description.
    """
    if "<!ENTITY" in text:
        raise ValueError("the XML file defines entities, which no atlas needs")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ValueError(f"the XML is damaged: {error}") from error
    kind = (root.findtext("header/type") or root.findtext(".//type") or "").strip().lower()
    first = 0 if volumes or kind == "label" else 1
    labels = []
    for element in root.iter("label"):
        number = element.get("value") if not volumes and element.get("value") else element.get("index")
        if number is None:
            raise ValueError(f"the label {element.text!r} has no index")
        offset = 0 if not volumes and element.get("value") else first
        labels.append(SourceLabel(int(number) + offset, " ".join((element.text or "").split())))
    return labels
