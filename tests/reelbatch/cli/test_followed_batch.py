"""The speed of a batch in words."""

from reelbatch.cli.followed_batch import Pace


def test_the_pace_is_measured_over_the_last_minute() -> None:
    pace = Pace()
    pace.note(5, 0)
    assert pace.words(10) == ""
    pace.note(15, 5)
    assert pace.words(10) == "2.0 a second, about 5 s left"
    pace.note(16, 100)
    pace.note(18, 160)
    assert pace.words(4) == "2 a minute, about 2 min 0 s left"
    assert pace.words(0) == ""


def test_the_pace_of_a_slow_batch_is_given_per_hour() -> None:
    pace = Pace()
    pace.note(0, 0)
    pace.note(1, 1200)
    assert pace.words(3) == "3 an hour, about 1 h 0 min left"
