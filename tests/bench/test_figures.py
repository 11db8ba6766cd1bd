"""The figures of benchmarks, and their presentation."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from rich.console import Console

from bench.figures import Figure, Kind, measure
from bench.plot import plot
from bench.table import json_of, table_of


def a_share(ours: float, other: float) -> Figure:
    return Figure(
        "speed", "ours", "theirs", goal=0.80, our_values=[ours] * 2, other_values=[other] * 2
    )


def a_cost(ours: float) -> Figure:
    return Figure(
        "peak", "ours", None, goal=100, kind=Kind.ALONE, unit="MB", our_values=[ours, ours]
    )


def test_the_goal_of_a_share_is_met_if_we_are_fast_enough() -> None:
    assert a_share(ours=10, other=9).value == pytest.approx(0.9)
    assert a_share(ours=10, other=9).is_met
    assert not a_share(ours=10, other=7).is_met


def test_a_multiple_is_met_by_being_cheap_enough() -> None:
    figure = Figure.times("read", ours="ours", other="theirs", goal=2)
    seconds = iter([3.0, 1.0, 1.0, 3.0])
    measure(figure, lambda: next(seconds), lambda: next(seconds), rounds=2)
    assert figure.value == pytest.approx(1 / 3)
    assert figure.is_met
    figure.our_values = [9.0, 9.0]
    assert not figure.is_met


def test_the_spread_covers_the_single_rounds() -> None:
    figure = a_share(ours=10, other=9)
    figure.our_values[1] = 20
    assert figure.spread == pytest.approx((0.45, 0.9))


def test_the_value_of_a_figure_without_a_comparison_is_our_cost() -> None:
    assert a_cost(80).value == 80
    assert a_cost(80).is_met
    assert not a_cost(120).is_met


def test_a_table_says_which_goals_are_missed() -> None:
    console = Console(width=200, file=io.StringIO(), record=True)
    console.print(table_of([a_share(ours=10, other=7), a_cost(80)]))
    speed, peak = (
        line for line in console.export_text().splitlines() if "speed" in line or "peak" in line
    )
    assert "at least 0.80" in speed
    assert "no" in speed
    assert "at most 100 MB" in peak
    assert "yes" in peak


def test_json_has_the_measurements_and_the_verdict() -> None:
    [figure] = json.loads(json_of([a_share(ours=10, other=9)]))
    assert figure["our_values"] == [10, 10]
    assert figure["is_met"] is True


def test_a_plot_has_a_row_for_each_figure_with_a_goal(tmp_path: Path) -> None:
    one, three = tmp_path / "one.png", tmp_path / "three.png"
    plot([a_cost(80), replace(a_cost(80), goal=None)], one)
    plot([a_cost(80), a_cost(120), a_share(ours=10, other=30)], three)
    plot([], tmp_path / "none.png")
    with Image.open(tmp_path / "none.png") as none, Image.open(one) as small:
        row = small.height - none.height
    with Image.open(three) as large:
        assert (large.width, large.height) == (small.width, none.height + 3 * row)
        assert row > 0
