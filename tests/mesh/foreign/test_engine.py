"""What is known of an engine of another make before anything is sent: its address, its name, its models' names."""

import pytest

from mesh.errors import ForeignEngineError
from mesh.foreign.engine import ForeignEngine, is_of_the_house, may_be_called, name_digest, name_of, shown_name, url_of


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("192.168.1.20:11434", "http://192.168.1.20:11434/v1"),
        (" attic.local/ ", "http://attic.local/v1"),
        ("https://attic.local:8443/openai/v1/", "https://attic.local:8443/openai/v1"),
        ("http://[fe80::1]:8000", "http://[fe80::1]:8000/v1"),
    ],
)
def test_an_address_is_taken_as_people_type_it(typed: str, url: str) -> None:
    assert url_of(typed) == url


@pytest.mark.parametrize(
    "typed", ["", "http://", "ftp://attic", "http://me:secret@attic", "attic/?key=1", "attic:0", "attic:99999", "a b"]
)
def test_what_is_no_address_is_refused(typed: str) -> None:
    with pytest.raises(ForeignEngineError, match="no address of an engine"):
        url_of(typed)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "10.1.2.3", "172.31.0.1", "192.168.0.9", "169.254.1.1", "fe80::1%eth0", "fd00::1"]
)
def test_addresses_of_a_home_network_are_of_the_house(address: str) -> None:
    assert is_of_the_house(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "172.32.0.1", "100.64.0.1", "2001:4860::1", "::ffff:8.8.8.8", "192.169.0.1"]
)
def test_other_addresses_are_not_of_the_house_however_they_are_written(address: str) -> None:
    engine = ForeignEngine(engine_id="a" * 26, name="attic", url="https://attic/v1")

    assert not is_of_the_house(address)
    assert not may_be_called(engine, address)
    assert may_be_called(ForeignEngine(engine_id="a" * 26, name="x", url="https://x/v1", may_be_away=True), address)


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "224.0.0.1", "ff02::1"])
def test_an_address_that_is_none_of_one_machine_is_never_called(address: str) -> None:
    engine = ForeignEngine(engine_id="a" * 26, name="attic", url="https://attic/v1", may_be_away=True)

    assert not may_be_called(engine, address)


def test_an_engine_is_named_by_its_host_where_nobody_names_it() -> None:
    assert name_of("  ", "http://192.168.1.20:11434/v1") == "192.168.1.20"
    assert name_of(" Attic ", "http://attic/v1") == "Attic"
    with pytest.raises(ForeignEngineError):
        name_of("two\nlines", "http://attic/v1")


@pytest.mark.parametrize(
    ("model_id", "name"),
    [
        ("llama3.2:latest", "llama3.2"),
        ("qwen2.5:0.5b", "qwen2.5:0.5b"),
        ("Qwen/Qwen2.5-7B-Instruct", "Qwen/Qwen2.5-7B-Instruct"),
        ("/models/big/Llama-3.gguf", "Llama-3"),
        ("C:\\models\\Llama-3.GGUF", "Llama-3"),
        ("two\nlines", ""),
        ("x" * 300, ""),
    ],
)
def test_a_models_name_is_what_people_call_it(model_id: str, name: str) -> None:
    assert shown_name(model_id) == name


def test_models_of_one_name_are_one_model_whatever_the_case() -> None:
    assert name_digest("Llama-3") == name_digest("llama-3")
    assert name_digest("llama-3") != name_digest("llama-3.1")


def test_a_key_is_in_no_text_that_describes_an_engine() -> None:
    engine = ForeignEngine(engine_id="a" * 26, name="attic", url="http://attic/v1", key="sk-secret", certificate="PEM")

    assert "sk-secret" not in repr(engine)
    assert "PEM" not in repr(engine)
