"""What can go wrong with work in the background."""

from assistant.errors import AssistantError


class StaleLeaseError(AssistantError):
    """The job was taken away, has ended or is deleted; what its former worker brings is thrown away."""

    code = "stale_lease"

    def __init__(self) -> None:
        super().__init__("This job is not this worker's any more.")


class StepFailedError(AssistantError):
    """A step could not be done now; the message says why, and the job is tried again later."""

    code = "step_failed"


class JobNotFoundError(AssistantError):
    """This person has no such job."""

    code = "job_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such job. It may have been cleared away; reload the list.")


class TooManyJobsError(AssistantError):
    """This person has as many jobs waiting as one may have."""

    code = "too_many_jobs"

    def __init__(self, most: int) -> None:
        super().__init__(f"You have {most} questions in the background already. Wait for one, or cancel one first.")
