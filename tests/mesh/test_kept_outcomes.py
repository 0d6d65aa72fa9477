"""What became of requests is there after a restart, as many as the ledger keeps, and costs no request a wait."""

import asyncio
from pathlib import Path

import pytest

from mesh.kept_outcomes import FILE, KeptOutcomes
from mesh.ledger import KEPT, Ledger, Outcome


def outcome(number: int) -> Outcome:
    return Outcome(
        node_id="a" * 26,
        name="beta",
        ok=number % 7 > 0,
        predicted_seconds=1.5,
        seconds=number,
        reason="Computed on beta.",
    )


def test_a_restart_forgets_nothing_that_was_written(tmp_path: Path) -> None:
    before = Ledger()
    kept = KeptOutcomes(tmp_path, before)
    before.outcomes.extend(outcome(number) for number in range(KEPT + 50))
    kept.write()

    after = Ledger()
    KeptOutcomes(tmp_path, after)

    assert list(after.outcomes) == [outcome(number) for number in range(50, KEPT + 50)]
    assert (tmp_path / FILE).stat().st_mode & 0o777 == 0o600


async def test_it_is_written_by_itself_and_at_the_end(tmp_path: Path) -> None:
    ledger = Ledger()
    kept = KeptOutcomes(tmp_path, ledger, write_seconds=0.02)
    task = asyncio.create_task(kept.run())
    ledger.outcomes.append(outcome(1))
    async with asyncio.timeout(10):
        while not (tmp_path / FILE).exists():
            await asyncio.sleep(0.01)
    ledger.outcomes.append(outcome(2))
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)

    again = Ledger()
    KeptOutcomes(tmp_path, again)

    assert list(again.outcomes) == [outcome(1), outcome(2)]


@pytest.mark.parametrize("content", [b"", b"{", b"[{}]", b"\xff\xfe", b'{"outcomes": 3}'])
def test_a_damaged_file_keeps_no_node_from_starting(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    ledger = Ledger()

    kept = KeptOutcomes(tmp_path, ledger)
    ledger.outcomes.append(outcome(1))
    kept.write()

    assert list(ledger.outcomes) == [outcome(1)]
    assert len((tmp_path / FILE).read_bytes()) > 50


def test_a_disk_without_room_is_no_reason_to_stop(tmp_path: Path) -> None:
    ledger = Ledger()
    kept = KeptOutcomes(tmp_path / "nowhere", ledger)
    ledger.outcomes.append(outcome(1))

    kept.write()

    assert list(ledger.outcomes) == [outcome(1)]
