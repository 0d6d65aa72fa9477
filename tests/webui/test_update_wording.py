"""What the page “System” says of updates, for every way in which they can stand."""

import pytest

from webui.update_messages import Going, KeptUpdate, StickUpdate, Updates
from webui.update_wording import about, doing, failure, headline, news, on_stick, where

KEPT = KeptUpdate(version="0.2.0", size_bytes=700_000_000)
RUNS = Updates(running="0.1.0", can_install=True, takes_updates=True)


def now(**changed: object) -> Updates:
    return RUNS.model_copy(update=changed)


@pytest.mark.parametrize(
    ("updates", "first", "second"),
    [
        (RUNS, "Version 0.1.0 runs", "No newer version is on this box."),
        (now(kept=KEPT), "Version 0.2.0 is here", "signed by the maker of this system · 700 MB"),
        (now(kept=KEPT, waiting="0.2.0"), "Version 0.2.0 is installed", "Until then version 0.1.0 runs."),
        (now(kept=KEPT, going=Going(what="installing", share=0.42)), "0.2.0 is being installed", "42%. You can go on"),
        (now(kept=KEPT, running="0.2.0"), "Version 0.2.0 runs", "kept here for the boxes of your mesh"),
        (now(kept=KEPT, running="0.10.0"), "Version 0.10.0 runs", "kept here for the boxes of your mesh"),
        (now(kept=KEPT, can_install=False), "Version 0.2.0 is here", "kept here for the boxes of your mesh"),
    ],
)
def test_each_state_has_its_two_lines(updates: Updates, first: str, second: str) -> None:
    assert first in headline(updates)
    assert second in about(updates)


def test_only_what_is_newer_than_what_runs_is_next() -> None:
    assert now(kept=KEPT).is_next
    assert not now(kept=KEPT, waiting="0.2.0").is_next
    assert not now(kept=KEPT, running="0.2.0").is_next
    assert not now(kept=KEPT, running="0.10.0").is_next
    assert not RUNS.is_next


def test_what_is_being_done_is_said() -> None:
    assert doing(Going(what="fetching"), None) == "An update is on its way here"
    assert doing(Going(what="checking"), KEPT) == "An update is being checked"
    assert doing(Going(what="installing"), None) == "An update is being installed"


def test_a_version_that_failed_is_named_with_the_one_that_runs() -> None:
    assert failure(RUNS) == ""
    assert "Version 0.2.0 was started and did not work" in failure(now(failed="0.2.0"))
    assert "Nothing is lost" in failure(now(failed="0.2.0"))


def test_a_stick_shows_what_is_not_on_the_box_already() -> None:
    one = StickUpdate(disk_id="d", disk="HOLIDAY", path="a.update", size_bytes=1, version="0.2.0")
    strange = StickUpdate(disk_id="d", disk="HOLIDAY", path="b.update", size_bytes=1, problem="Not signed.")

    assert news((one, strange), RUNS) == (one, strange)
    assert news((one, strange), now(kept=KEPT)) == (strange,)
    assert (on_stick(one), on_stick(strange)) == ("Version 0.2.0", "b.update")
    assert (where(one), where(strange)) == ("a.update on “HOLIDAY” · 1 bytes", "On “HOLIDAY” · 1 bytes")
