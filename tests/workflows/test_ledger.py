"""The ledger of a batch, whatever happens in whatever order."""

import random
from datetime import timedelta

import pytest

from api.batches.creation import kinds_of
from reelbatch.models.orchestration.batches import Batch, Cancellation, StoppedRender
from reelbatch.models.orchestration.jobs import JobFailure, RenderProgress
from reelbatch.models.wire.jobs import JobStatus
from tests.workflows.workbench import NOW, a_batch, finished, with_children
from workflows.job_states import state_of
from workflows.ledger import Ledger

FAILURE = JobFailure(error="it broke", error_code="RENDER_FAILED")


def check(ledger: Ledger) -> None:
    stats, records = ledger.stats, ledger.records
    assert stats.total == stats.finished + stats.error + stats.pending == len(records)
    assert stats.finished == sum(r.status is JobStatus.FINISHED for r in records)
    assert stats.cancelled == sum(r.status is JobStatus.CANCELLED for r in records)
    assert stats.pending == sum(not r.status.is_terminal for r in records)


@pytest.mark.parametrize("seed", range(20))
def test_the_counts_add_up_after_every_step(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  reproducible, not secret
    batch = a_batch(sorted(chance.sample(range(100), 30)))
    ledger = Ledger(batch)
    running: set[int] = set()
    while ledger.stats.pending:
        step = chance.random()
        if step < 0.5 and (position := ledger.take_next(NOW)) is not None:
            running.add(position)
        elif step < 0.9 and running:
            position = running.pop()
            if chance.random() < 0.7:
                ledger.finish(position, finished(batch.jobs[position]), NOW)
            else:
                ledger.fail(position, FAILURE, NOW)
        elif step >= 0.97:
            request = Cancellation(request_id=str(chance.random()))
            for position in ledger.request_cancellation(request, NOW):
                running.discard(position)
                ledger.cancel(position, NOW)
        check(ledger)
    assert ledger.take_next(NOW) is None


def test_a_snapshot_with_later_changes_gives_the_current_batch() -> None:
    batch = a_batch([2, 5, 9])
    ledger = Ledger(batch)
    ledger.take_next(NOW)
    early = ledger.snapshot()
    ledger.finish(0, finished(batch.jobs[0]), NOW)
    ledger.take_next(NOW)
    changes = ledger.changes(early.revision)
    assert [record.index for record in changes.records] == [2, 5]
    assert early.with_changes(changes) == ledger.snapshot()
    assert ledger.changes(changes.revision).records == []


def test_the_update_time_of_a_job_never_goes_back() -> None:
    batch = a_batch([0])
    ledger = Ledger(batch)
    ledger.take_next(NOW)
    ledger.finish(0, finished(batch.jobs[0]), NOW - timedelta(minutes=1))
    assert ledger.records[0].updated_at == NOW


def test_a_job_that_finished_despite_its_cancellation_is_skipped_in_the_outcome() -> None:
    batch = a_batch(range(2))
    ledger = Ledger(batch)
    position = ledger.take_next(NOW)
    assert position == 0
    assert list(ledger.request_cancellation(Cancellation(request_id="a"), NOW)) == [0]
    outcome = ledger.outcome("a")
    assert outcome is not None
    assert not outcome.settled
    ledger.finish(0, finished(batch.jobs[0]), NOW)
    outcome = ledger.outcome("a")
    assert outcome is not None
    assert (outcome.settled, outcome.cancelled, outcome.skipped) == (True, [1], [0])


def test_a_second_cancellation_finds_nothing_left() -> None:
    ledger = Ledger(a_batch(range(3)))
    list(ledger.request_cancellation(Cancellation(request_id="a"), NOW))
    list(ledger.request_cancellation(Cancellation(request_id="b"), NOW))
    outcome = ledger.outcome("b")
    assert outcome is not None
    assert (outcome.cancelled, outcome.skipped) == ([], [0, 1, 2])


def test_the_details_show_counts_and_the_first_failures() -> None:
    batch = a_batch(range(20))
    ledger = Ledger(batch)
    for position in range(11):
        ledger.take_next(NOW)
        ledger.fail(position, FAILURE, NOW)
    cancellation = Cancellation(request_id="1", indexes=[13, 14, 15, 18])
    assert [*ledger.request_cancellation(cancellation, NOW)] == []
    text = ledger.details("renders")
    assert "15 of 20 jobs done (75 %)**: 0 finished, 11 failed, 4 cancelled, 5 pending." in text
    job = f"/namespaces/renders/workflows/{batch.team}%2Fjob%2F{batch.jobs[0].id}"
    assert f"- [0]({job}) `{FAILURE.error_code}`: it broke" in text
    assert "and 1 more failed jobs" in text
    assert "Cancelled before they started: 13-15, 18." in text


def test_markup_from_clients_has_no_effect_in_the_web_ui() -> None:
    ledger = Ledger(a_batch([0]))
    ledger.take_next(NOW)
    hostile = "![x](//evil)<img src=//evil>\n# a|b `c` *d* _e_ a_b & &lt; https://evil<b>"
    ledger.fail(0, FAILURE.model_copy(update={"error": hostile}), NOW)
    assert ledger.details().endswith(
        r": !&#91;x&#93;(//evil)&#60;img src=//evil&#62; # a\|b \`c\` \*d\* \_e\_ a_b & &#38;lt;"
        " https://evil&#60;b&#62;"
    )


def a_batch_of_kinds(kinds: str) -> Batch:
    """A batch with a job for each letter; jobs with the same letter are equal."""
    batch = a_batch(range(len(kinds)))
    jobs = [
        job.model_copy(update={"composition": kind})
        for job, kind in zip(batch.jobs, kinds, strict=True)
    ]
    return batch.model_copy(update={"jobs": jobs, "kinds": kinds_of(jobs)})


def test_jobs_that_would_wait_for_an_equal_one_let_others_start_first() -> None:
    ledger = Ledger(a_batch_of_kinds("aaabac"))
    assert [ledger.take_next(NOW) for _ in range(4)] == [0, 3, 5, 1]


def test_equal_jobs_start_in_their_order_once_the_first_has_ended() -> None:
    batch = a_batch_of_kinds("aaab")
    ledger = Ledger(batch)
    for position in range(4):
        assert ledger.take_next(NOW) == position
        ledger.finish(position, finished(batch.jobs[position]), NOW)


def test_jobs_that_all_differ_have_no_kinds() -> None:
    assert a_batch_of_kinds("abc").kinds is None


def test_jobs_for_different_engines_are_not_equal() -> None:
    first, second = a_batch([0, 1]).jobs
    assert kinds_of([first, second]) == [0, 0]
    assert kinds_of([first, second.model_copy(update={"engine": "lottie-web"})]) is None


def test_jobs_with_nested_jobs_never_count_as_equal() -> None:
    jobs = [with_children(job, "intro") for job in a_batch([0, 1]).jobs]
    assert kinds_of(jobs) is None


def test_the_web_ui_shows_how_many_renders_were_reused() -> None:
    batch = a_batch([0, 1, 2])
    ledger = Ledger(batch)
    first = finished(batch.jobs[0])
    ledger.finish(0, first, NOW)
    assert "equal job" not in ledger.details()
    reused = finished(batch.jobs[1]).model_copy(update={"reused_from": batch.jobs[0].id})
    ledger.finish(1, reused, NOW)
    assert "Finished jobs that reuse an equal job's render: 1." in ledger.details()


def test_a_job_is_cancelled_by_the_first_request_that_touches_it() -> None:
    ledger = Ledger(a_batch([0, 1, 2]))
    ledger.take_next(NOW)
    first, second = Cancellation(request_id="1", indexes=[0, 1]), Cancellation(request_id="2")
    assert [*ledger.request_cancellation(first, NOW)] == [0]
    assert [*ledger.request_cancellation(second, NOW)] == [0]
    early = ledger.outcome("2")
    assert early is not None
    assert not early.settled  # the second request waits for the job, too
    ledger.cancel(0, NOW)
    outcomes = [outcome for name in "12" if (outcome := ledger.outcome(name))]
    assert [outcome.cancelled for outcome in outcomes] == [[0, 1], [2]]
    assert [outcome.skipped for outcome in outcomes] == [[], [0, 1]]


def test_a_cancelled_job_keeps_its_progress() -> None:
    ledger = Ledger(a_batch([4]))
    ledger.take_next(NOW)
    render = RenderProgress(started_at=NOW, progress=42.0)
    ledger.note_stopped(StoppedRender(index=4, ended_at=NOW, render=render))
    ledger.cancel(0, NOW + timedelta(seconds=1))
    [record] = ledger.records
    state = state_of(record, ledger.batch.jobs[0].summary)
    assert (state.updated_at, state.render) == (NOW, render)
