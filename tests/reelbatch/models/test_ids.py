import re
from collections.abc import Callable

import pytest

from reelbatch.models.ids import (
    ID_PATTERN,
    batch_job_id,
    is_batch_id,
    new_batch_id,
    new_id,
    new_nested_job_id,
    new_single_job_id,
    place_of_job,
)


@pytest.mark.parametrize("index", [0, 1, 511, 999])
def test_a_job_id_leads_back_to_its_batch_and_index(index: int) -> None:
    batch_id = new_batch_id()
    place = place_of_job(batch_job_id(batch_id, index))
    assert place is not None
    assert (place.batch_id, place.index) == (batch_id, index)


def test_the_jobs_of_a_batch_sort_by_index_and_are_all_different() -> None:
    batch_id = new_batch_id()
    ids = [batch_job_id(batch_id, index) for index in range(1000)]
    assert sorted(set(ids)) == ids


def test_a_single_job_has_no_batch() -> None:
    place = place_of_job(new_single_job_id())
    assert place is not None
    assert (place.batch_id, place.index, place.is_nested) == (None, None, False)


def test_an_id_tells_that_a_job_is_nested() -> None:
    place = place_of_job(new_nested_job_id())
    assert place is not None
    assert (place.batch_id, place.index, place.is_nested) == (None, None, True)


@pytest.mark.parametrize("new", [new_batch_id, new_single_job_id, new_nested_job_id])
def test_ids_of_the_same_millisecond_are_different(new: Callable[[], str]) -> None:
    assert len({new() for _ in range(2000)}) == 2000


@pytest.mark.parametrize("bad", ["", "nonsense", "01ARZ3NDEKTSV4RRFFQ69G5FA!", "8" * 26, "U" * 26])
def test_an_invalid_id_leads_nowhere(bad: str) -> None:
    assert place_of_job(bad) is None
    assert not is_batch_id(bad)


def test_the_id_of_a_batch_is_not_a_job_id() -> None:
    batch_id = new_batch_id()
    assert is_batch_id(batch_id)
    assert place_of_job(batch_id) is None


@pytest.mark.parametrize("index", [-1, 1000])
def test_an_index_outside_the_batch_has_no_id(index: int) -> None:
    with pytest.raises(ValueError, match="0 to 999"):
        batch_job_id(new_batch_id(), index)


def test_ids_match_the_pattern_of_the_contract() -> None:
    made_by = (new_id, new_batch_id, new_single_job_id, new_nested_job_id)
    for made in (*(new() for new in made_by), batch_job_id(new_batch_id(), 7)):
        assert re.fullmatch(ID_PATTERN, made)
