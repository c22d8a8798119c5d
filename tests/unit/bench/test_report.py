"""What the benchmark tells of its figures: whether an aim is met, in the table, the JSON and the picture."""

import json
from datetime import UTC, datetime
from xml.etree import ElementTree

import pytest

from bench import chart, report
from bench.figures import Figure
from bench.rows import ROWS

RATE = Figure("SQLite, accepted", "/s", 900, {"bare <view>": 600, "other": 100}, aim_ratio=1)
TIME = Figure("score, 中文", "ms", 12, {"full scan": 48}, aim_ratio=2, aim_below=10)


@pytest.mark.parametrize(
    ("figure", "ratio", "is_met"),
    [
        (RATE, 1.5, True),
        (TIME, 4, False),
        (Figure("unchanged", "items/s", 20, {"changed": 10}, aim_ratio=3), 2, False),
        (Figure("as good as it is shown", "ms", 1000, {"peer": 996}, aim_ratio=1), 0.996, True),
        (Figure("idle", "%", 0.5, aim_below=1), None, True),
        (Figure("for the record", "MB", 100), None, None),
        (Figure("a peer that did nothing", "/s", 5, {"peer": 0}, aim_ratio=1), None, False),
    ],
)
def test_a_ratio_is_of_the_first_peer_and_more_than_one_is_faster(
    figure: Figure, ratio: float | None, is_met: bool | None
) -> None:
    assert (figure.ratio, figure.is_met) == (ratio, is_met)


def test_the_picture_is_well_formed_and_has_a_bar_for_each_value() -> None:
    drawn = ElementTree.fromstring(chart.draw({"accept": [RATE], "score": [TIME]}))
    bars = drawn.findall("{http://www.w3.org/2000/svg}rect")
    assert len(bars) == 1 + 3 + 2
    assert "bare <view>" in "".join(drawn.itertext())


def test_the_json_holds_every_figure_and_what_was_not_measured() -> None:
    data = report.as_json({"accept": [RATE], "pull": []}, {"pull": "no Zabbix"}, datetime.now(UTC), 1.5)
    told = json.loads(json.dumps(data))
    assert told["rows"]["accept"][0]["is_met"] is True
    assert told["rows"]["accept"][0]["beside"] == RATE.beside
    assert told["not_measured"] == {"pull": "no Zabbix"}


def test_a_line_tells_the_aim_and_whether_it_is_met() -> None:
    assert report.line("accept", RATE).endswith("(bare <view> 600, other 100; 1.50 ×)  aim ≥ 1 ×: yes")
    assert report.line("score", TIME).endswith("aim ≥ 2 ×, < 10 ms: NO")


def test_every_row_says_what_it_measures() -> None:
    assert all(measure.__doc__ for measure in ROWS.values())
