"""One self-contained HTML page: sections of tables, drawn plots and one picture, with Chinese first and English small.

No script, no outside request: a page can be mailed, archived and opened years later.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape

_STYLE = """
body{font:14px/1.55 system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif;color:#22262b;
 margin:0 auto;max-width:1120px;padding:28px 20px 60px;background:#fff}
h1{font-size:24px;margin:0}h2{font-size:17px;margin:34px 0 8px}small{color:#6b7280;font-weight:400;font-size:12px}
.figures{display:flex;flex-wrap:wrap;gap:10px;margin:18px 0}
.figures div{border:1px solid #e3e6ea;border-radius:8px;padding:10px 16px;min-width:120px}
.figures b{display:block;font-size:24px;font-weight:600;font-variant-numeric:tabular-nums}
.plots{display:flex;flex-wrap:wrap;gap:14px}figure{margin:0}figcaption{font-size:13px;margin-bottom:2px}
svg,img{max-width:100%;height:auto}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:4px 14px 4px 0;text-align:right;border-bottom:1px solid #eceff2;white-space:nowrap}
th:first-child,td:first-child{text-align:left}th{font-weight:600;font-size:12.5px}
ul{margin:6px 0;padding-left:20px}code{font-size:12px;color:#6b7280;overflow-wrap:anywhere}
"""


def page(title: str, sections: Sequence[str]) -> str:
    """The whole document; `sections` are HTML made by the functions below."""
    return (
        '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>{''.join(sections)}</body></html>\n"
    )


def head(title: str, chinese: str, english: str) -> str:
    """The title with one line of what this is."""
    return f"<h1>{escape(title)}</h1><div>{_both(chinese, english)}</div>"


def heading(chinese: str, english: str) -> str:
    """A section's heading."""
    return f"<h2>{_both(chinese, english)}</h2>"


def words(chinese: str, english: str) -> str:
    """A paragraph that explains."""
    return f"<p>{_both(chinese, english)}</p>"


def figures(entries: Sequence[tuple[str, str, str]]) -> str:
    """Large figures side by side: (value, Chinese, English)."""
    cells = "".join(f"<div><b>{escape(value)}</b>{_both(zh, en)}</div>" for value, zh, en in entries)
    return f'<div class="figures">{cells}</div>'


def plots(entries: Sequence[tuple[str, str, str]]) -> str:
    """Plots side by side: (SVG, Chinese, English)."""
    drawn = "".join(f"<figure><figcaption>{_both(zh, en)}</figcaption>{svg}</figure>" for svg, zh, en in entries)
    return f'<div class="plots">{drawn}</div>'


def table(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[str]]) -> str:
    """A table; `columns` are (Chinese, English)."""
    top = "".join(f"<th>{_both(zh, en)}</th>" for zh, en in columns)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"


def picture(jpeg: bytes, alt: str) -> str:
    """A picture inside the page."""
    coded = base64.b64encode(jpeg).decode("ascii")
    return f'<img alt="{escape(alt)}" src="data:image/jpeg;base64,{coded}">'


def listed(entries: Sequence[str]) -> str:
    """A list of sentences."""
    return "<ul>" + "".join(f"<li>{escape(entry)}</li>" for entry in entries) + "</ul>"


def code(text: str) -> str:
    """A line of machine text: a command, a hash."""
    return f"<p><code>{escape(text)}</code></p>"


def shown(value: float | None) -> str:
    """A share as people read it; unknown is a dash."""
    return "–" if value is None else f"{value:.3f}"


def shown_ends(ends: tuple[float, float] | None) -> str:
    """An interval as people read it; unknown is a dash."""
    return "–" if ends is None else f"{ends[0]:.3f} … {ends[1]:.3f}"


def _both(chinese: str, english: str) -> str:
    return f"{escape(chinese)} <small>{escape(english)}</small>"
