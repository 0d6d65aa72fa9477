"""Settings come from TOML, survive a round trip, and a mistake in them is named."""

from pathlib import Path

import pytest

from services.errors import SettingsError
from services.settings import Settings, dump, load


def written(folder: Path, text: str) -> Path:
    file = folder / "hearth.toml"
    file.write_text(text)
    return file


def test_no_file_at_all_gives_the_defaults(tmp_path: Path) -> None:
    assert load([tmp_path / "missing.toml"]) == Settings()


def test_a_later_file_wins_over_an_earlier_one(tmp_path: Path) -> None:
    first = written(tmp_path, '[listen]\nhttps_port = 1\nhttp_port = 2\naddress = "::1"\n')
    second = tmp_path / "local.toml"
    second.write_text("[listen]\nhttps_port = 3\n")

    listen = load([first, second]).listen

    assert (listen.https_port, listen.http_port, listen.address) == (3, 2, "::1")


def test_what_is_dumped_is_read_back_the_same(tmp_path: Path) -> None:
    changed = load([written(tmp_path, '[places]\nstate = "/data/a \\"b\\""\n[mesh]\ninterfaces = ["lo"]\n')])

    assert load([written(tmp_path, dump(changed))]) == changed


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[listen]\nport = 1\n", "listen.port"),
        ('[listen]\nhttps_port = "443"\n', "listen.https_port"),
        ("[nothing]\na = 1\n", "nothing"),
        ("listen = 3\n", "listen"),
        ("[listen\n", "can't be read as TOML"),
    ],
)
def test_a_mistake_is_named_with_its_file(tmp_path: Path, text: str, named: str) -> None:
    file = written(tmp_path, text)

    with pytest.raises(SettingsError, match=named) as caught:
        load([file])

    assert str(file) in str(caught.value)
