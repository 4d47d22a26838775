"""XML from devices that nobody trusts, as plain elements: no DTD, no entities of its own, bounded in size and depth.

Expat with its own handlers instead of a SOAP library: seven ONVIF questions need no WSDL, and lxml and a schema
engine (what the ONVIF packages bring) are 20 MB for each gateway. Any tree is refused that declares a document type.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from xml.parsers import expat

from contract.errors import ContractError

MOST_BYTES = 512 * 1024
MOST_ELEMENTS = 20_000
MOST_DEPTH = 40


@dataclass(slots=True)
class Element:
    """One element; names without their prefix."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def child(self, name: str) -> Element | None:
        """The first child of that name."""
        return next((one for one in self.children if one.name == name), None)

    def text_of(self, name: str) -> str | None:
        """The text of the first child of that name; None without one."""
        found = self.child(name)
        return None if found is None else found.text.strip()

    def first(self, name: str) -> Element | None:
        """The first element of that name below this one, in the document's order."""
        return next(iter(self.every(name)), None)

    def every(self, name: str) -> list[Element]:
        """All elements of that name below this one."""
        found: list[Element] = []
        for one in self.children:
            if one.name == name:
                found.append(one)
            found += one.every(name)
        return found


def parsed(data: bytes) -> Element:
    """The root element; raises ContractError for what is no bounded, plain XML."""
    if len(data) > MOST_BYTES:
        raise ContractError(f"XML of {len(data)} bytes, at most {MOST_BYTES} are read")
    root = Element("")
    path = [root]
    count = 0

    def begin(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if count > MOST_ELEMENTS or len(path) > MOST_DEPTH:
            raise ContractError(f"XML of more than {MOST_ELEMENTS} elements or {MOST_DEPTH} levels")
        made = Element(name.rpartition(":")[2], {key.rpartition(":")[2]: told for key, told in attributes.items()})
        path[-1].children.append(made)
        path.append(made)

    def end(_: str) -> None:
        path.pop()

    def text(told: str) -> None:
        path[-1].text += told

    def refuse(*_: object) -> None:
        raise ContractError("XML with a document type: a device has no need of one")

    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = begin, end, text
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError) as error:  # the last two: an encoding that is not known here
        raise ContractError(f"no XML: {error}") from None
    return root.children[0]
