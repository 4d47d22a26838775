"""Write what the contract publishes: JSON Schemas, the AsyncAPI document and the golden examples."""

from __future__ import annotations

from pathlib import Path

from contract.codec import encode
from contract.documents import documents
from tests.unit.contract.examples import golden_messages

CONTRACT = Path(__file__).resolve().parent.parent / "contract"


def main() -> None:
    """Overwrite the generated files under `contract/`."""
    for path, text in documents().items():
        (CONTRACT / path).write_text(text, encoding="utf-8")
    for stem, message in golden_messages().items():
        (CONTRACT / "examples" / f"{stem}.json").write_bytes(encode(message) + b"\n")


if __name__ == "__main__":
    main()
