"""Reads the node's TOML files once into frozen dataclasses; every package declares its own."""

import dataclasses
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from assistant.engine.settings import EngineSettings
from assistant.settings import AssistantSettings
from mesh.settings import MeshSettings
from services.errors import SettingsError
from webui.settings import WebSettings

VENDOR_FILE = Path("/usr/lib/hearth/hearth.toml")
LOCAL_FILE = Path("/etc/hearth/hearth.toml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where this node keeps and finds things; folders need not exist yet."""

    state: Path = Path("/var/lib/hearth")
    """What must survive a restart: the device's identity and secrets, the library, the mesh."""
    runtime: Path = Path("/run/hearth")
    """Sockets and what is true only until the next start."""
    models: Path = Path("/usr/share/hearth/models")
    """The models that come with the product."""
    engine: Path = Path("/usr/lib/hearth/engine")
    """`llama-server` and the libraries beside it."""
    graphics: Path = Path("/usr/lib/hearth/graphics")
    """The engine's module for graphics cards; the folder is absent where it was not built."""
    samples: Path = Path("/usr/share/hearth/samples")
    """The files that a new node can already answer about."""
    update_keys: Path = Path("/usr/lib/hearth/update-keys")
    """The public keys of those whose updates this node takes; without one it takes none."""

    @property
    def device(self) -> Path:
        """Identity, hardware and profile, written by first boot."""
        return self.state / "device"

    @property
    def secrets(self) -> Path:
        """Per-device secrets, written by first boot, readable by root or the one who runs the node."""
        return self.state / "secrets"

    @property
    def assistant_state(self) -> Path:
        """The library's database, originals and derived indexes."""
        return self.state / "assistant"

    @property
    def own_models(self) -> Path:
        """The models that the owner fetched or imported."""
        return self.state / "models"

    @property
    def updates(self) -> Path:
        """The newest update that came here, for this box and for others of its mesh."""
        return self.state / "updates"

    @property
    def engine_state(self) -> Path:
        """What the engine measured on this PC."""
        return self.state / "engine"

    @property
    def mesh_state(self) -> Path:
        """The node's mesh identity."""
        return self.state / "mesh"

    @property
    def engine_socket(self) -> Path:
        """Where the `llama-server` of the model that came with the product listens."""
        return self.runtime / "engine" / "llama.sock"

    @property
    def engine_desk(self) -> Path:
        """Where the engine daemon is asked for models."""
        return self.runtime / "engine" / "desk.sock"

    @property
    def fetch_socket(self) -> Path:
        """Where systemd starts one process a download; absent without systemd."""
        return self.runtime / "fetch.sock"

    @property
    def assistant_socket(self) -> Path:
        """Where the assistant's API listens."""
        return self.runtime / "assistant" / "assistant.sock"

    @property
    def mesh_socket(self) -> Path:
        """Where the mesh agent's API listens."""
        return self.runtime / "mesh" / "mesh.sock"

    @property
    def parser_socket(self) -> Path:
        """Where systemd starts one sandboxed parser a file; absent without systemd."""
        return self.runtime / "parser.sock"

    @property
    def rpc_socket(self) -> Path:
        """Where systemd starts a sandbox that computes for another node; absent without systemd."""
        return self.runtime / "rpc.sock"

    @property
    def stick_socket(self) -> Path:
        """Where systemd starts what writes a backup onto a USB disk; absent without systemd."""
        return self.runtime / "stick.sock"

    @property
    def update_socket(self) -> Path:
        """Where systemd starts what writes the next version of the system; absent where the system is not ours."""
        return self.runtime / "update.sock"

    @property
    def wire_socket(self) -> Path:
        """Where systemd starts what makes a WireGuard wire to another node; absent without systemd."""
        return self.runtime / "wire.sock"

    @property
    def setup_code(self) -> Path:
        """The set-up code, there only while nobody has claimed the box."""
        return self.runtime / "assistant" / "setup-code"

    @property
    def new_box(self) -> Path:
        """How this box may join another Hearth, for its console; there only while nobody has claimed the box."""
        return self.runtime / "assistant" / "new-box"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenSettings:
    """Where the front door is; under systemd the socket unit decides instead."""

    address: str = "::"
    """The address to listen on; `::` is every address of this machine, IPv4 included."""
    https_port: int = 443
    http_port: int = 80
    """Leads browsers to the HTTPS port and serves nothing else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a person can set, one part a package."""

    places: Places = field(default_factory=Places)
    assistant: AssistantSettings = field(default_factory=AssistantSettings)
    engine: EngineSettings = field(default_factory=EngineSettings)
    mesh: MeshSettings = field(default_factory=MeshSettings)
    web: WebSettings = field(default_factory=WebSettings)
    listen: ListenSettings = field(default_factory=ListenSettings)


def load(files: Sequence[Path] = (VENDOR_FILE, LOCAL_FILE)) -> Settings:
    """Settings from the TOML files that exist, a later one over an earlier; `SettingsError` names a bad key."""
    settings = Settings()
    for file in files:
        if not file.exists():
            continue
        try:
            content = tomllib.loads(file.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            message = f"{file} can't be read as TOML: {error}. Mend or remove the file."
            raise SettingsError(message) from error
        settings = _overlay(settings, content, str(file))
    return settings


def dump(settings: Settings) -> str:
    """The settings as TOML, such as `load` reads back."""
    lines: list[str] = []
    for section in dataclasses.fields(settings):
        lines.append(f"[{section.name}]")
        part = getattr(settings, section.name)
        lines += [f"{one.name} = {_toml(getattr(part, one.name))}" for one in dataclasses.fields(part)]
        lines.append("")
    return "\n".join(lines)


def _overlay(settings: Settings, content: Mapping[str, object], file: str) -> Settings:
    changes: dict[str, Any] = {}
    for section, values in content.items():
        part = getattr(settings, section, None)
        if not dataclasses.is_dataclass(part) or isinstance(part, type) or not isinstance(values, dict):
            known = ", ".join(f"[{one.name}]" for one in dataclasses.fields(settings))
            message = f"{file} has “{section}”, which Hearth does not know. Known are the sections {known}."
            raise SettingsError(message)
        known_fields = {one.name: getattr(part, one.name) for one in dataclasses.fields(part)}
        for key in values.keys() - known_fields.keys():
            message = (
                f"{file} sets “{section}.{key}”, which Hearth does not know. Known here: {', '.join(known_fields)}."
            )
            raise SettingsError(message)
        changed = {key: _converted(known_fields[key], value, file, f"{section}.{key}") for key, value in values.items()}
        changes[section] = dataclasses.replace(part, **changed)
    return dataclasses.replace(settings, **changes)


def _converted(old: object, value: object, file: str, name: str) -> object:
    """`value` as the type of the default `old`; `SettingsError` where it is something else."""
    if isinstance(old, Path) and isinstance(value, str):
        return Path(value).expanduser()
    if isinstance(old, tuple) and isinstance(value, list):
        return tuple(value)
    if isinstance(old, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(old) is type(value):
        return value
    expected = "a path in quotes" if isinstance(old, Path) else f"something like {_toml(old)}"
    message = f"{file} sets “{name}” to {value!r}; expected was {expected}."
    raise SettingsError(message)


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
