"""The sentences that the pages say about jobs in the background; pure functions."""

from webui.job_messages import HouseJobs, Job
from webui.wording import count, moment

BADGES = {"done": "moss", "failed": "alarm"}


def title(job: Job) -> str:
    """What it is about."""
    return job.question if job.kind == "answer" else job.file


def state(job: Job) -> str:
    """How far it is, in two words or three."""
    match job.standing:
        case "waiting" if job.reason:
            return "Waiting to try again"
        case "waiting":
            return "Waiting for its turn"
        case "running" if job.is_ending:
            return "Stopping after this step"
        case "running":
            return "At work"
        case "done":
            return "Done"
        case "cancelled":
            return "Goes on here" if job.kind == "meaning" else "Cancelled"
        case _:
            return "Given up"


def facts(job: Job) -> str:
    """What is done of it, where, and since when."""
    return " · ".join(part for part in (_progress(job), _where(job), moment(job.made_at)) if part)


def _progress(job: Job) -> str:
    if job.kind == "meaning":
        return f"Learning its meaning: {job.done} of {count(job.total, 'passage')}"
    if not job.total:
        return "" if job.standing != "running" else "Looking which files to go through"
    return f"{job.done} of {count(job.total, 'file')} gone through"


def _where(job: Job) -> str:
    if not job.worker or job.standing == "waiting":
        return ""
    return f"on “{job.worker}” and this box" if job.kind == "meaning" else f"on “{job.worker}”"


def cancel_question(job: Job) -> tuple[str, str, str]:
    """What is asked before a job is cancelled: the question, what will be, and the deed."""
    if job.kind == "meaning":
        return "Compute it on this box?", "The other box stops helping with this file; this box does the rest.", "Do so"
    return "Cancel this question?", "What was found until now is kept in its chat.", "Cancel it"


def house(jobs: HouseJobs) -> str:
    """What there is to do for everybody, without what it is about."""
    if not jobs.running and not jobs.waiting:
        return "In the whole house nothing is under way."
    return f"In the whole house: {count(jobs.running, 'job')} at work, {jobs.waiting} waiting."
