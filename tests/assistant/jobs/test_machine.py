"""Hypothesis looks for an order of deeds in which a job is lost, doubled, or takes what comes too late."""

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule

from assistant.jobs.state import LEASE_SECONDS
from tests.mesh.simulation.jobs import WORKERS, World


class Jobs(RuleBasedStateMachine):
    """The world of the histories, with Hypothesis in the place of fate."""

    jobs = Bundle("jobs")
    leases = Bundle("leases")
    results = Bundle("results")

    def __init__(self) -> None:
        super().__init__()
        self.world = World()

    @rule(target=jobs, files=st.integers(1, 3))
    def hand_over(self, files: int) -> Any:
        before = len(self.world.jobs)
        self.world.add(files)
        return multiple(*self.world.jobs[before:])

    @rule(target=leases, worker=st.sampled_from(WORKERS))
    def claim(self, worker: str) -> Any:
        before = len(self.world.leases)
        self.world.claim(worker)
        return multiple(*self.world.leases[before:])

    @rule(target=results, lease=leases)
    def begin(self, lease: Any) -> Any:
        before = len(self.world.brought)
        self.world.begin(lease)
        return multiple(*self.world.brought[before:])

    @rule(result=results)
    def bring(self, result: Any) -> None:
        self.world.bring(result)

    @rule(lease=leases)
    def beat(self, lease: Any) -> None:
        self.world.beat(lease)

    @rule(lease=leases)
    def fail(self, lease: Any) -> None:
        self.world.fail(lease)

    @rule(lease=leases)
    def release(self, lease: Any) -> None:
        self.world.release(lease)

    @rule(lease=leases)
    def heed(self, lease: Any) -> None:
        self.world.heed(lease)

    @rule(job=jobs)
    def cancel(self, job: Any) -> None:
        self.world.cancel(job)

    @rule(job=jobs)
    def delete_a_file(self, job: Any) -> None:
        self.world.delete(job)

    @rule(seconds=st.sampled_from((1.0, LEASE_SECONDS / 2, LEASE_SECONDS + 1, 3600.0)))
    def wait(self, seconds: float) -> None:
        self.world.wait(seconds)

    @rule()
    def die_and_start_again(self) -> None:
        self.world.start()

    @invariant()
    def nothing_is_wrong(self) -> None:
        assert self.world.violations == []

    def teardown(self) -> None:
        assert self.world.settle() == []


TestJobs = Jobs.TestCase
TestJobs.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
