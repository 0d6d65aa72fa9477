"""Whether the graphics are to compute: by the profile, the owner, the module, and what became of earlier tries."""

import dataclasses
from pathlib import Path

import pytest

from assistant.engine.settings import EngineSettings
from firmware.hardware import Hardware
from firmware.probe import probe
from firmware.profile import Profile, profile
from services.engine_graphics import MODULE, Graphics, wish
from services.errors import SettingsError
from services.settings import Places
from tests.firmware import pcs

LISTS = """\
#!/bin/sh
echo "Available devices:"
echo "  Vulkan0: AMD Radeon RX 7800 XT (RADV NAVI32) (16368 MiB, 16000 MiB free)"
"""
NONE = "#!/bin/sh\necho 'Available devices:'\necho '  (none)'\n"
DIES = "#!/bin/sh\nkill -SEGV $$\n"
HANGS = "#!/bin/sh\nexec sleep 1000\n"

PC_WITHOUT_CARD = pcs.SERVER
PC_WITH_CARD = dataclasses.replace(
    pcs.GAMING_PC,
    pci=[
        pcs.Pci(
            address="0000:03:00.0",
            ids=(0x1002, 0x747E),
            driver="amdgpu",
            files={"mem_info_vram_total": str(16 * pcs.GIB), "mem_info_gtt_total": str(16 * pcs.GIB)},
        )
    ],
)


def seen(pc: pcs.Pc, folder: Path) -> tuple[Hardware, Profile]:
    hardware = probe(pcs.write(pc, folder / "pc"))
    return hardware, profile(hardware)


@dataclasses.dataclass
class Box:
    """A PC with an engine that says what the test wants."""

    places: Places
    hardware: Hardware
    profile: Profile

    def engine(self, script: str) -> None:
        program = self.places.engine / "llama-server"
        program.parent.mkdir(parents=True, exist_ok=True)
        program.write_text(script)
        program.chmod(0o755)

    async def started(self, script: str, *, setting: str = "auto", version: str = "1") -> Graphics:
        self.engine(script)
        made = Graphics(
            self.places,
            settings=EngineSettings(graphics=setting),
            hardware=self.hardware,
            profile=self.profile,
            version=version,
        )
        await made.look()
        return made


@pytest.fixture
def box(tmp_path: Path) -> Box:
    hardware, chosen = seen(PC_WITH_CARD, tmp_path)
    places = Places(state=tmp_path / "state", engine=tmp_path / "engine", graphics=tmp_path / "graphics")
    places.graphics.mkdir()
    (places.graphics / MODULE).write_bytes(b"module")
    return Box(places=places, hardware=hardware, profile=chosen)


def test_a_pc_without_a_graphics_card_asks_no_driver(tmp_path: Path) -> None:
    _, chosen = seen(PC_WITHOUT_CARD, tmp_path)

    found = wish("auto", chosen, has_module=True, failures=0)

    assert not found.graphics
    assert found.reason


def test_the_owner_has_the_last_word(tmp_path: Path) -> None:
    _, with_card = seen(PC_WITH_CARD, tmp_path / "a")
    _, without = seen(PC_WITHOUT_CARD, tmp_path / "b")

    assert not wish("off", with_card, has_module=True, failures=0).graphics
    assert wish("on", without, has_module=True, failures=9).graphics
    with pytest.raises(SettingsError, match="auto, on, off"):
        wish("maybe", with_card, has_module=True, failures=0)


def test_without_the_module_its_owner_reads_how_to_build_it(tmp_path: Path) -> None:
    _, chosen = seen(PC_WITH_CARD, tmp_path)

    found = wish("auto", chosen, has_module=False, failures=0)

    assert not found.graphics
    assert "make setup-graphics" in found.reason


async def test_a_card_with_a_driver_computes(box: Box) -> None:
    graphics = await box.started(LISTS)
    told = graphics.told()

    assert graphics.carries("chat.gguf")
    assert told.sentence == "The graphics card computes: AMD Radeon RX 7800 XT (RADV NAVI32)."
    assert 14e9 < told.memory_bytes < 17e9
    assert not told.shared


@pytest.mark.parametrize(("script", "says"), [(NONE, "No driver"), (DIES, "broke off")])
async def test_where_no_driver_answers_the_processor_computes_and_the_reason_is_told(
    box: Box, script: str, says: str
) -> None:
    graphics = await box.started(script)

    assert graphics.device is None
    assert graphics.told().memory_bytes == 0
    assert graphics.told().sentence.startswith("The processor computes. ")
    assert says in graphics.told().sentence


async def test_a_driver_that_stands_still_is_not_waited_for(box: Box) -> None:
    box.engine(HANGS)
    graphics = Graphics(box.places, settings=EngineSettings(), hardware=box.hardware, profile=box.profile, version="1")
    graphics.look_seconds = 0.2

    await graphics.look()

    assert "did not answer" in graphics.told().sentence


async def test_a_pc_that_froze_twice_as_the_graphics_began_is_left_alone_until_an_update(box: Box) -> None:
    for _ in range(2):  # neither served nor stopped: the power was cut
        assert (await box.started(LISTS)).device is not None

    third = await box.started(LISTS)
    updated = await box.started(LISTS, version="2")

    assert third.device is None
    assert "spoiled the last 2 starts" in third.told().sentence
    assert updated.device is not None


async def test_a_start_that_was_stopped_counts_for_nothing(box: Box) -> None:
    for _ in range(4):
        graphics = await box.started(LISTS)
        assert graphics.device is not None
        graphics.stopped()


async def test_a_driver_that_is_not_there_is_looked_for_at_every_start(box: Box) -> None:
    for _ in range(4):
        assert "No driver" in (await box.started(NONE)).told().sentence

    assert (await box.started(LISTS)).device is not None
