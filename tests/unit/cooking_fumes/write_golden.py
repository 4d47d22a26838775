"""`python -m tests.unit.cooking_fumes.write_golden`: the truth tables as pages under `golden/`, for people to read."""

from __future__ import annotations

from pathlib import Path

from tests.unit.cooking_fumes import tables_device, tables_signals, tables_values

GOLDEN = Path(__file__).parent / "golden"
TABLES = {table.name: table for table in (*tables_signals.TABLES, *tables_values.TABLES, *tables_device.TABLES)}


def main() -> None:
    """Overwrite the pages; a person reads what changed before it is committed."""
    GOLDEN.mkdir(exist_ok=True)
    for name, table in TABLES.items():
        (GOLDEN / f"{name}.md").write_text(table.text(), encoding="utf-8")


if __name__ == "__main__":
    main()
