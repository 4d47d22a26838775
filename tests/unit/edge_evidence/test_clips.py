"""Clips and single pictures out of the ring."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from contract.errors import EvidenceError
from contract.times import NS
from edge.capture.types import Image, Packet, StreamInfo
from edge.evidence.annexb import annexb_packets
from edge.evidence.clips import Footage, cut
from edge.evidence.disk import make_durably
from tests.rtsp_server.clips import draw
from tests.unit.edge_evidence.footage import FPS, HZ, SIZE_PX, START_NS, drawn, footage, packets, shown


def written(camera: Footage, path: Path, from_s: float, to_s: float) -> Path:
    _, write = cut(camera, START_NS + round(from_s * NS), START_NS + round(to_s * NS))
    make_durably(path, write)
    return path


def paint_left_half(image_bgr: Image) -> None:
    image_bgr[:, : image_bgr.shape[1] // 2] = 0


@pytest.mark.parametrize(("codec", "tag"), [("h264", "avc1"), ("hevc", "hvc1")])
@pytest.mark.parametrize("in_band_only", [False, True])
def test_a_clip_is_a_stream_copy_from_a_keyframe_on_that_any_player_opens(
    codec: str, tag: str, in_band_only: bool, tmp_path: Path
) -> None:
    camera = footage(codec, extradata=b"" if in_band_only else None)
    path = written(camera, tmp_path / "clip.mp4", 3.5, 7.02)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.codec_context.codec_tag) == (codec, tag)
        frames = list(container.decode(stream))
    # From the keyframe at 3 s to the picture at 7.0 s, both shown.
    assert len(frames) == 4 * FPS + 1
    assert (frames[0].time, round(float(frames[-1].time or 0), 2)) == (0.0, 4.0)
    drawn_then = draw(3 * FPS, *SIZE_PX)
    assert np.abs(frames[0].to_ndarray(format="bgr24").astype(int) - drawn_then).mean() < 4


def test_the_index_of_a_clip_stands_before_its_pictures_and_equal_cuts_give_equal_bytes(tmp_path: Path) -> None:
    camera = footage()
    first = written(camera, tmp_path / "a.mp4", 2, 6).read_bytes()
    assert first.index(b"moov") < first.index(b"mdat")
    assert first == written(camera, tmp_path / "b.mp4", 2, 6).read_bytes()


def test_a_clip_says_what_it_shows_when_the_ring_has_less() -> None:
    covered, _ = cut(footage(last_s=6), START_NS - 5 * NS, START_NS + 20 * NS)
    assert (covered.from_ns, covered.to_ns) == (START_NS, START_NS + 6 * NS - NS // FPS)


@pytest.mark.parametrize("from_s", [12.5, 40])
def test_a_time_that_the_ring_does_not_hold_is_an_error(from_s: float) -> None:
    with pytest.raises(EvidenceError, match="no pictures"):
        cut(footage(), START_NS + round(from_s * NS), START_NS + 60 * NS)


def test_a_camera_of_snapshots_has_no_clip() -> None:
    camera = footage()
    info = StreamInfo("mjpeg", *SIZE_PX, b"", HZ, has_clip=False)
    stills_only = Footage(ring=camera.ring, stream_info=lambda: info, decoder=camera.decoder)
    with pytest.raises(EvidenceError):
        cut(stills_only, START_NS, START_NS + NS)


def test_a_clip_of_a_camera_with_private_places_shows_none_of_them(tmp_path: Path) -> None:
    path = written(footage(paint=paint_left_half), tmp_path / "clip.mp4", 3, 5)
    pictures = shown(str(path))
    assert len(pictures) == 2 * FPS + 1
    half = SIZE_PX[0] // 2
    assert max(int(picture[:, : half - 8].max()) for picture in pictures) < 12
    assert min(float(picture[:, half + 8 :].mean()) for picture in pictures) > 40


def test_a_painted_clip_of_equal_pictures_has_equal_bytes(tmp_path: Path) -> None:
    camera = footage(paint=paint_left_half)
    assert (
        written(camera, tmp_path / "a.mp4", 3, 5).read_bytes() == written(camera, tmp_path / "b.mp4", 3, 5).read_bytes()
    )


@pytest.mark.parametrize("index", [0, 25, 37, 299])
def test_a_picture_is_decoded_again_exactly_and_painted(index: int) -> None:
    at_ns = packets(drawn())[index].at_ns
    plain, painted = footage().picture_at(at_ns), footage(paint=paint_left_half).picture_at(at_ns)
    assert plain is not None
    assert painted is not None
    assert np.abs(plain.astype(int) - draw(index, *SIZE_PX)).mean() < 4
    assert not painted[:, : SIZE_PX[0] // 2].any()
    assert (painted[:, SIZE_PX[0] // 2 :] == plain[:, SIZE_PX[0] // 2 :]).all()


def test_a_moment_between_pictures_or_gone_from_the_ring_has_no_picture() -> None:
    at_ns = packets(drawn())[30].at_ns
    assert footage().picture_at(at_ns + 1) is None
    assert footage(ring_s=5).picture_at(at_ns) is None


def boxed(units: list[bytes]) -> bytes:
    return b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)


def test_length_prefixed_packets_get_start_codes_and_their_parameter_sets() -> None:
    sps, pps, picture = b"\x67\x42\x00\x1e", b"\x68\xce", b"\x65" + bytes(range(200))
    head = b"\x01\x42\x00\x1e\xff\xe1" + len(sps).to_bytes(2, "big") + sps + b"\x01" + len(pps).to_bytes(2, "big") + pps
    info = StreamInfo("h264", *SIZE_PX, head, HZ)
    kept = [Packet(boxed([picture]), 0, 0, 1, HZ, True, 0), Packet(boxed([b"\x41\x01"]), 1, 1, 1, HZ, False, 1)]
    code = b"\x00\x00\x00\x01"
    assert list(annexb_packets(kept, info)) == [code + sps + code + pps + code + picture, code + b"\x41\x01"]


def test_parameter_sets_that_end_too_early_are_an_error() -> None:
    info = StreamInfo("h264", *SIZE_PX, b"\x01\x42\x00\x1e\xff\xe1\x00", HZ)
    with pytest.raises(EvidenceError, match="too early"):
        list(annexb_packets(packets(drawn())[:1], info))
