from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hls.access_unit import AccessUnit
from hls.check.fragment import read_fragments
from hls.part import read_parts, write_part

UNITS = st.lists(st.builds(AccessUnit, st.binary(min_size=1, max_size=50), st.booleans()), min_size=1, max_size=8)
PACKETS = st.lists(st.binary(min_size=1, max_size=30), max_size=16)


@given(UNITS, PACKETS, st.integers(0, 2**40), st.integers(1, 2**32 - 1))
def test_a_strict_reader_finds_every_sample_where_it_was_put(units, packets, start, sequence) -> None:
    part = write_part(sequence=sequence, units=units, start_ticks=start, packets=packets, audio_start_ticks=start + 7)
    (fragment,) = read_fragments(part.data)
    video = fragment.runs[1]
    assert (fragment.sequence, video.tfdt, video.end) == (sequence, start, start + 1920 * len(units))
    assert [part.data[s.start : s.start + s.size] for s in video.samples] == [unit.data for unit in units]
    assert [sample.sync for sample in video.samples] == [unit.is_idr for unit in units]
    assert (2 in fragment.runs) == bool(packets)
    if packets:
        audio = fragment.runs[2]
        assert (audio.tfdt, audio.end) == (start + 7, start + 7 + 1024 * len(packets))
        assert [part.data[s.start : s.start + s.size] for s in audio.samples] == packets


@given(st.lists(st.tuples(UNITS, PACKETS), min_size=1, max_size=3))
def test_joined_parts_are_cut_back_into_the_same_parts(pieces) -> None:
    parts, at = [], 0
    for units, packets in pieces:
        parts.append(write_part(sequence=1, units=units, start_ticks=at, packets=packets, audio_start_ticks=at))
        at += parts[-1].duration_ticks
    assert read_parts(b"".join(part.data for part in parts)) == parts
