"""`tantou models eval --report DIR`: what an evaluation found, as a page and a contact sheet that people can look at.

Writes `report.html` (self-contained), `contact-sheet.png` and `report.json` into the folder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import cv2
import msgspec
import numpy as np

from contract.reports import EvalReport, PartAp
from models import page
from models.average_precision import Ranking, Scene, rank
from models.cards import Card
from models.contact_sheet import contact_sheet
from models.evaluate import groups_of, scenes_of
from models.faults import Fault, faults_of, worst
from models.labelled import Judged, read_picture
from models.letterbox import Frame
from models.plots import Bar, Curve, curves, intervals, share_axis

TILES_A_KIND = 24
MOST_POINTS = 200
PART_COLUMNS = (
    ("", ""),
    ("图片", "pictures"),
    ("标注框", "boxes"),
    ("AP50", ""),
    ("90% 区间", "interval"),
    ("准确率", "precision"),
    ("召回率", "recall"),
)


def write_report(out: Path, data: Path, card: Card, report: EvalReport, judged: Sequence[Judged]) -> None:
    """Write page, sheet and figures into `out`; pictures are read again from `data`. Raises ModelError for one gone."""
    out.mkdir(parents=True, exist_ok=True)
    name, members = next(iter(groups_of(card).items()))
    scenes = scenes_of(judged, members)
    faults = faults_of(scenes, [entry.truth.frame_hw for entry in judged], card.threshold)
    sheet = _sheet(data, judged, scenes, faults, card.threshold)
    cv2.imwrite(str(out / "contact-sheet.png"), sheet)
    (out / "report.json").write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=1) + b"\n")
    (out / "report.html").write_text(_page(card, report, judged, (name, scenes, faults), sheet), encoding="utf-8")


def _sheet(
    data: Path, judged: Sequence[Judged], scenes: Sequence[Scene], faults: Sequence[Fault], threshold: float
) -> Frame:
    @lru_cache(maxsize=4)
    def picture_of(at: int) -> Frame:
        return read_picture(data / judged[at].truth.file)

    def caption_of(fault: Fault) -> str:
        x1, y1, x2, y2 = fault.box_xyxy_px
        camera = (judged[fault.picture].truth.camera or Path(judged[fault.picture].truth.file).stem)[:14]
        about = f"best {fault.score:.2f}" if fault.kind == "missed" else f"{fault.score:.2f} IoU {fault.iou:.2f}"
        # The drawn font knows ASCII only; the page names every camera in full.
        return f"{about}  {x2 - x1:.0f}x{y2 - y1:.0f}px  {camera}".encode("ascii", "replace").decode()

    cameras = [entry.truth.camera for entry in judged]
    sections = (
        (
            "Missed boxes, the largest first (best = best score of a box that met it)",
            worst(faults, "missed", TILES_A_KIND, cameras),
        ),
        (
            "False boxes, the surest first (IoU = most shared with a truth box)",
            worst(faults, "false", TILES_A_KIND, cameras),
        ),
    )
    return contact_sheet(sections, scenes, picture_of=picture_of, caption_of=caption_of, threshold=threshold)


def _page(
    card: Card,
    report: EvalReport,
    judged: Sequence[Judged],
    main: tuple[str, Sequence[Scene], Sequence[Fault]],
    sheet: Frame,
) -> str:
    name, scenes, faults = main
    _, jpeg = cv2.imencode(".jpg", sheet, [cv2.IMWRITE_JPEG_QUALITY, 82])
    missed = sum(fault.kind == "missed" for fault in faults)
    engine = f"{report.size} px, {report.precision}, {report.runtime}"
    sections = [
        page.head(
            f"{report.card} {card.version}",
            f"在 {report.images} 张图片、{report.boxes} 个标注框({name})上的测评。{engine}",
            f"measured on {report.images} pictures and {report.boxes} truth boxes ({name})",
        ),
        _key_figures(report, name),
        page.heading("精度与召回", "precision and recall"),
        page.plots(_curve_plots(card, scenes, judged)),
        page.heading("分摄像机、场景与大小", "by camera, scene and size"),
        page.words(
            "区间:按摄像机、再按机内图片重抽样 1000 次,90%。小于 32 像素指图片长边为 640 时的短边。",
            "intervals: cameras, then their pictures, drawn again 1000 times, 90 %; sizes are short sides at 640 px",
        ),
        *_part_sections(report),
        page.heading("各类别", "by class"),
        _class_table(report),
        *_smoke_section(report),
        page.heading("最差的漏检与误检", "the worst misses and false boxes"),
        page.words(
            f"阈值 {card.threshold} 时共漏检 {missed} 个、误检 {len(faults) - missed} 个。"
            "绿色为标注,橙色为检出,紫色为该格所指。标注本身也可能有误。",
            f"{missed} missed, {len(faults) - missed} false at {card.threshold}; green truth, orange found, "
            "magenta the box meant; labels have faults too",
        ),
        page.picture(jpeg.tobytes(), "contact sheet"),
        page.heading("已知不足", "known failures"),
        page.listed(card.known_failures or ("–",)),
        page.code(f"sha256 {report.sha256} · {card.licence}"),
    ]
    return page.page(f"{report.card} @ {report.size}", sections)


def _key_figures(report: EvalReport, name: str) -> str:
    at = report.at_threshold
    entries = [
        (page.shown(report.ap50[name]), "AP50", page.shown_ends(report.ap50_90)),
        (page.shown(report.ap50_95[name]), "AP50-95", ""),
        (page.shown(report.ap50_small[name]), "小目标 AP50", "small, < 32 px"),
    ]
    if at is not None:
        entries += [
            (page.shown(at.p), "准确率", f"precision at {at.t}"),
            (page.shown(at.r), "召回率", f"recall at {at.t}"),
        ]
    return page.figures(entries)


def _curve_plots(card: Card, scenes: Sequence[Scene], judged: Sequence[Judged]) -> list[tuple[str, str, str]]:
    whole = rank(scenes, 0.5)
    lines = [Curve("all", precision_recall_curve(whole), thick=True)]
    for camera in sorted({entry.truth.camera for entry in judged if entry.truth.camera})[:7]:
        mine = [scene for scene, entry in zip(scenes, judged, strict=True) if entry.truth.camera == camera]
        lines.append(Curve(camera, precision_recall_curve(rank(mine, 0.5))))
    cuts = np.linspace(0.01, 0.99, 99)
    shown = np.searchsorted(-whole.scores, -cuts, side="right")
    found = np.concatenate([[0], np.cumsum(whole.hits)])[shown]
    sure = shown > 0
    by_cut = [
        Curve("precision", list(zip(cuts[sure], (found[sure] / shown[sure]).tolist(), strict=True))),
        Curve("recall", list(zip(cuts, (found / max(whole.truths, 1)).tolist(), strict=True))),
    ]
    at = int(np.searchsorted(-whole.scores, -card.threshold, side="right"))
    hits = int(whole.hits[:at].sum())
    mark = [(hits / whole.truths, hits / at, f"{card.threshold}")] if at and whole.truths else []
    return [
        (
            curves(lines, share_axis("recall"), share_axis("precision"), marks=mark),
            "准确率—召回率(点为卡片阈值)",
            "precision against recall; the dot is the card's threshold",
        ),
        (curves(by_cut, share_axis("threshold"), share_axis("share")), "随阈值变化", "against the threshold"),
    ]


def precision_recall_curve(ranking: Ranking) -> list[tuple[float, float]]:
    """(recall, precision) after each of at most 200 of the ranked boxes, best first; empty with nothing to find."""
    if ranking.truths == 0 or not len(ranking.hits):
        return []
    found = np.cumsum(ranking.hits)
    # Evenly by recall, not by rank: the long tail of weak boxes moves nothing.
    steps = np.unique(np.searchsorted(found, np.linspace(1, found[-1], MOST_POINTS)))
    steps = steps[steps < len(found)]
    return [(float(found[at] / ranking.truths), float(found[at] / (at + 1))) for at in steps]


def _part_sections(report: EvalReport) -> list[str]:
    parts: dict[str, PartAp] = {**report.by_camera, **report.by_scene, **report.by_size}
    bars = [
        Bar(key, part.ap50, part.ap50_90, f"{page.shown(part.ap50)}  n={part.boxes}") for key, part in parts.items()
    ]
    return [page.plots([(intervals(bars, share_axis("AP50")), "", "")]), _part_table(parts)]


def _part_table(parts: Mapping[str, PartAp]) -> str:
    rows = [
        [
            key,
            str(part.images),
            str(part.boxes),
            page.shown(part.ap50),
            page.shown_ends(part.ap50_90),
            page.shown(part.p),
            page.shown(part.r),
        ]
        for key, part in parts.items()
    ]
    return page.table(PART_COLUMNS, rows)


def _class_table(report: EvalReport) -> str:
    known = [name for name, value in report.ap50.items() if value is not None]
    rows = [
        [name, *(page.shown(table[name]) for table in (report.ap50, report.ap50_95, report.ap50_small))]
        for name in known
    ]
    return page.table((("类别", "class"), ("AP50", ""), ("AP50-95", ""), ("小目标 AP50", "small")), rows)


def _smoke_section(report: EvalReport) -> list[str]:
    smoke = report.smoke
    if smoke is None or smoke.t_at_r80 is None:
        return []
    sizes = ("< 0.1 %", "0.1-1 %", "1-5 %", "> 5 %")
    found = zip(sizes, smoke.recall_by_size, strict=True)
    return [
        page.heading("高塔烟雾", "smoke seen from towers"),
        page.figures(
            [
                (page.shown(smoke.t_at_r80), "八成召回时的阈值", "threshold at 80 % recall of pictures"),
                (f"{smoke.alarmed} / {smoke.negatives}", "误报的无烟图片", "negatives alarmed falsely"),
                *((page.shown(value), f"召回:占画面 {size}", "recall by size") for size, value in found),
            ]
        ),
    ]
