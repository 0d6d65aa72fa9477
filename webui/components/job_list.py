"""Jobs in the background as a list: what each is about, how far it is, the way to its answer, and cancelling."""

from collections.abc import Awaitable, Callable, Sequence
from urllib.parse import quote

from webui.components.basics import box, button, icon, link, text
from webui.job_messages import Job
from webui.job_wording import BADGES, facts, state, title

Cancel = Callable[[Job], Awaitable[None]]


def job_list(jobs: Sequence[Job], cancel: Cancel, *, with_links: bool = True) -> None:
    """One row a job."""
    with box("ul", "plain-list documents"):
        for job in jobs:
            _row(job, cancel, with_links=with_links)


def _row(job: Job, cancel: Cancel, *, with_links: bool) -> None:
    with box("li", "document" + (" document-faint" if job.standing == "cancelled" else "")):
        with box("span", "document-picture", aria_hidden="true"):
            icon("chat" if job.kind == "answer" else "brain")
        with box("div", "document-words"):
            text("h3", title(job), "document-name")
            text("p", facts(job), "document-facts")
            with box("p", "document-state"):
                text("span", state(job), f"badge badge-{BADGES.get(job.standing, 'calm')}")
                if with_links and job.chat_id and job.is_over:
                    link("See its answer", f"/chat/{quote(job.chat_id, safe='')}")
            if job.standing == "running":
                _bar(job)
            if job.reason:
                text("p", job.reason, "document-reason" if job.standing == "failed" else "document-facts")
        with box("div", "document-deeds"):
            if not job.is_over and not job.is_ending:
                button("Cancel", lambda: cancel(job), kind="quiet", label=f"Cancel: {title(job)}")


def _bar(job: Job) -> None:
    bar = box("progress", max="1")
    if job.total:
        bar.props["value"] = f"{job.done / job.total:.3f}"
    bar.props["aria-label"] = f"Progress: {title(job)}"
