"""FSL's atlas description: ``<atlas><header><type>…</type></header><data><label index="0">PAG</label>…``.

In a *probabilistic* atlas the index is the number of the volume, counted from 0, and the summary label map
holds the index plus 1. In a *label* atlas the index is the value itself. Without a type only the image can
tell the two apart.
"""

from __future__ import annotations

from xml.etree import ElementTree

from brainstem_app.atlas.source_tables.source_label import Counting, SourceLabel, SourceTable

_COUNTING = {"label": Counting.VALUES, "probabilistic": Counting.VOLUMES, "": Counting.UNKNOWN}


def read_fsl_xml(text: str, *, volumes: bool) -> SourceTable:
    """Read an FSL atlas description.

    Parameters
    ----------
    text : str
        Content of the XML file.
    volumes : bool
        Whether the table is for an image of several volumes rather than a label map. For a label map an
        attribute ``value``, if each label has one, is the value.

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
    elements = list(root.iter("label"))
    if any(len(element) for element in elements):
        # Each would hold the text of all that lie in it.
        raise ValueError("a label holds other elements")
    has_values = [bool(element.get("value")) for element in elements]
    use_values = not volumes and any(has_values)
    if use_values and not all(has_values):
        raise ValueError("some of the labels have a value and others have none")
    labels = []
    for element in elements:
        number = element.get("value" if use_values else "index")
        if number is None:
            raise ValueError(f"the label {element.text!r} has no index")
        labels.append(SourceLabel(int(number), " ".join("".join(element.itertext()).split())))
    counting = Counting.VALUES if use_values else _COUNTING.get(kind, Counting.UNKNOWN)
    return SourceTable(tuple(labels), counting)
