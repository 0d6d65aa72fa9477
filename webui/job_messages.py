"""The shapes of what the assistant says of jobs in the background; what is unknown here is ignored."""

from webui.shape import Shape


class Job(Shape):
    """A job of the person."""

    id: str
    kind: str
    standing: str
    question: str = ""
    file: str = ""
    chat_id: str | None = None
    worker: str = ""
    done: int = 0
    total: int = 0
    is_ending: bool = False
    reason: str = ""
    made_at: str

    @property
    def is_over(self) -> bool:
        """Whether nothing more happens by itself."""
        return self.standing in {"done", "failed", "cancelled"}


class HouseJobs(Shape):
    """How much the whole house has to do, for its owner."""

    waiting: int
    running: int


class Jobs(Shape):
    """The person's jobs, newest first."""

    jobs: tuple[Job, ...]
    house: HouseJobs | None = None
