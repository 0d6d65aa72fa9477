"""What can be typed after `hearth`, and which function answers it."""

import argparse
import os
from importlib.metadata import version
from pathlib import Path

from services.command import (
    add,
    ask,
    backup,
    bench,
    engines,
    key,
    mesh,
    model,
    node_updates,
    run,
    search,
    status,
    update,
    watch,
)


def parser() -> argparse.ArgumentParser:
    """The whole command line; each subcommand sets `act`, a function of the parsed arguments."""
    top = argparse.ArgumentParser(prog="hearth", description="A private AI node that answers from your own files.")
    top.add_argument("--version", action="version", version=f"hearth {version('hearth')}")
    commands = top.add_subparsers(required=True, metavar="COMMAND")

    one = _command(commands, "run", "start this machine as a node; Ctrl-C stops it", run.act)
    one.add_argument("--config", action="append", type=Path, default=[], metavar="FILE", help="a TOML settings file")
    one.add_argument("--https-port", type=int, default=None, metavar="N", help="port of the web page (8443)")
    one.add_argument("--http-port", type=int, default=None, metavar="N", help="port that leads to it (8080)")

    one = _command(commands, "status", "is the node well, and what does it hold", status.act)
    _json(one)
    _command(commands, "setup-code", "the code that claims a new node in the browser", status.act_setup_code)

    one = _command(commands, "add", "give the node files, or folders of files", add.act)
    one.add_argument("paths", nargs="+", type=Path, metavar="PATH")
    one.add_argument("--shelf", choices=("household", "private"), default=None, help="who may find them (private)")

    one = _command(commands, "search", "find passages", search.act)
    one.add_argument("text", metavar="TEXT")
    one.add_argument("--limit", type=int, default=5, metavar="N", help="how many passages (5)")
    _json(one)

    one = _command(commands, "ask", "get an answer with the page it comes from", ask.act)
    one.add_argument("text", metavar="TEXT")
    _json(one)
    _keys(commands)
    _models(commands)
    _mesh(commands)
    _bench(commands)
    _backups(commands)
    _watching(commands)
    _updates(commands)
    return top


def _watching(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    one = _command(commands, "watch", "follow a folder of this machine; without one, list those that are", watch.act)
    one.add_argument("path", nargs="?", type=Path, default=None, metavar="PATH")
    one.add_argument("--shelf", choices=("household", "private"), default=None, help="who may find its files (private)")
    one.add_argument(
        "--gone", default=None, metavar="ID", help="what this folder misses is really gone: remove it here"
    )
    one = _command(commands, "unwatch", "watch a folder no longer", watch.act_stop)
    one.add_argument("id", metavar="ID", help="as `hearth watch` shows it")


def _bench(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    one = _command(commands, "bench", "measure every node of the mesh, their links, and models over several", bench.act)
    one.add_argument("--json", type=Path, default=None, metavar="FILE", help="write every figure to this file")
    one.add_argument("--picture", type=Path, default=None, metavar="FILE.svg", help="draw the figures into this file")
    one.add_argument(
        "--model", action="append", default=[], metavar="NAME", help="measure this model (those in memory anywhere)"
    )
    one.add_argument("--rounds", type=_rounds, default=3, metavar="N", help="how often each is measured (3)")
    one.add_argument("--seed", type=int, default=1, metavar="N", help="the prompts' words follow from it (1)")


def _rounds(given: str) -> int:
    number = int(given)
    if not 1 <= number <= 100:
        raise argparse.ArgumentTypeError("1 to 100")
    return number


def _backups(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    one = _command(commands, "backup", "put everything of the node into one sealed file", backup.act)
    one.add_argument("target", type=Path, metavar="FILE", help="or a folder, such as that of a USB disk")
    two = _command(commands, "restore", "bring a backup to a new node", backup.act_restore)
    two.add_argument("file", type=Path, metavar="FILE")
    for each in (one, two):
        each.add_argument("--passphrase-file", type=Path, default=None, metavar="FILE", help="instead of typing it")


def _updates(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    told_as = "bring and install a new version of the system; without a file, tell which one runs"
    one = _command(commands, "update", told_as, update.act)
    one.add_argument("file", nargs="?", type=Path, default=None, metavar="FILE", help="its name ends in .update")
    one.add_argument("--install", action="store_true", help="install what was brought another way")
    one.add_argument("--restart", action="store_true", help="start the version that was installed, without asking")
    _json(one)


def _keys(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    told_as = "keys with which programs use this node"
    of_keys = commands.add_parser("key", help=told_as, description=told_as[0].upper() + told_as[1:] + ".")
    deeds = of_keys.add_subparsers(required=True, metavar="DEED")
    one = _command(deeds, "create", "make a key and print it, this once", key.act_create)
    one.add_argument("name", metavar="NAME", help="what it is for, such as the program's name")
    _command(deeds, "list", "every key and its last use", key.act_list)
    one = _command(deeds, "revoke", "take a key back", key.act_revoke)
    one.add_argument("id", metavar="ID", help="as `hearth key list` shows it")


def _models(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    told_as = "the language models of this node"
    of_models = commands.add_parser("model", help=told_as, description=told_as[0].upper() + told_as[1:] + ".")
    deeds = of_models.add_subparsers(required=True, metavar="DEED")
    one = _command(deeds, "list", "every model, and how it fits this machine", model.act_list)
    one.add_argument("--catalogue", action="store_true", help="those that could be fetched")
    one.add_argument("--elsewhere", action="store_true", help="those that other boxes of the mesh have")
    _json(one)
    one = _command(deeds, "add", "bring a model in a GGUF file, such as from a USB stick", model.act_add)
    one.add_argument("file", type=Path, metavar="FILE")
    one.add_argument("--name", default=None, metavar="NAME", help="what to call it (as the file is called)")
    one = _command(deeds, "fetch", "fetch a model of the catalogue, from another box if one has it", model.act_fetch)
    one.add_argument("name", metavar="NAME", help="as `hearth model list --catalogue` shows it")
    one.add_argument("--from-internet", action="store_true", help="even where another box has it")
    one = _command(deeds, "copy", "copy a model from another box of the mesh", model.act_copy)
    one.add_argument("name", metavar="NAME", help="as `hearth model list --elsewhere` shows it")
    one.add_argument("--from", dest="node", default=None, metavar="NODE", help="any that has it, where left out")
    one = _command(deeds, "use", "let this model answer from the files", model.act_use)
    one.add_argument("name", metavar="NAME")
    one = _command(deeds, "remove", "delete a model", model.act_remove)
    one.add_argument("name", metavar="NAME")


def _mesh(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    told_as = "the other boxes of this house that work together with this one"
    of_mesh = commands.add_parser("mesh", help=told_as, description=told_as[0].upper() + told_as[1:] + ".")
    deeds = of_mesh.add_subparsers(required=True, metavar="DEED")
    _json(_command(deeds, "show", "every node with its load", mesh.act_show))
    one = _command(deeds, "open", "let one more box in, for five minutes", mesh.act_open)
    one.add_argument("--no-wait", action="store_true", help="print the code and leave; `hearth mesh approve` decides")
    one = _command(deeds, "approve", "let in the box that shows these words", mesh.act_approve)
    one.add_argument("words", nargs=4, metavar="WORD", help="the four words that both screens show")
    one.add_argument("--role", choices=mesh.ROLES, default="worker", help="what it is to be (worker)")
    one = _command(deeds, "join", "make this box a node of another box's mesh", mesh.act_join)
    one.add_argument(
        "address", metavar="ADDRESS", help="the other box's address, maybe with :PORT, or its QR code's text"
    )
    one.add_argument("code", nargs="?", metavar="CODE", help="as the other box shows it")
    one.add_argument("--leave", action="store_true", help="move there: leave the mesh that this box is in")
    one = _command(deeds, "rename", "give a node another name", mesh.act_rename)
    one.add_argument("node", metavar="NODE", help="its name, or the beginning of its id")
    one.add_argument("new_name", metavar="NAME")
    one = _command(deeds, "role", "give a node another role", mesh.act_role)
    one.add_argument("node", metavar="NODE", help="its name, or the beginning of its id")
    one.add_argument("role", choices=mesh.ROLES)
    one = _command(deeds, "copy", "have a node fetch a model of this box", mesh.act_copy)
    one.add_argument("node", metavar="NODE", help="its name, or the beginning of its id")
    one.add_argument("model", nargs="?", metavar="MODEL", help="the one that answers, where left out")
    one = _command(deeds, "update", "have other boxes run the newer version that is kept here", node_updates.act_update)
    which = one.add_mutually_exclusive_group()
    which.add_argument("node", nargs="?", metavar="NODE", help="all that are behind, one after another, where left out")
    which.add_argument("--stop", action="store_true", help="leave those that still wait for their turn as they are")
    one = _command(deeds, "revoke", "remove a node", mesh.act_revoke)
    one.add_argument("node", metavar="NODE", help="its name, or the beginning of its id")
    _command(deeds, "leave", "leave the mesh; the home node dissolves it", mesh.act_leave)
    _engines(deeds)


def _engines(deeds: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    _json(_command(deeds, "engines", "every engine of another make, such as Ollama or vLLM", engines.act_list))
    one = _command(deeds, "add-engine", "let an engine with an OpenAI-compatible API answer too", engines.act_add)
    one.add_argument("address", metavar="ADDRESS", help="such as 192.168.1.20:11434 or https://name/v1")
    one.add_argument("--name", default=None, metavar="NAME", help="what to call it (its host)")
    _engine_key(one)
    one.add_argument("--certificate", default=None, metavar="SHA256", help="of one that it made itself")
    one.add_argument(
        "--outside-the-house",
        action="store_true",
        help="it is no machine of this house: what is asked there leaves the house",
    )
    one.add_argument(
        "--may-read-files", action="store_true", help="send it questions about files, with the passages that were found"
    )
    one = _command(deeds, "change-engine", "change an engine's name, key or rights", engines.act_change)
    one.add_argument("engine", metavar="ENGINE", help="its name, or the beginning of its id")
    one.add_argument("--new-name", default=None, metavar="NAME")
    _engine_key(one)
    one.add_argument("--may-read-files", action=argparse.BooleanOptionalAction, default=None)
    one = _command(deeds, "remove-engine", "remove an engine and forget its key", engines.act_remove)
    one.add_argument("engine", metavar="ENGINE", help="its name, or the beginning of its id")


def _engine_key(one: argparse.ArgumentParser) -> None:
    one.add_argument("--key", action="store_true", help="ask for its key, or read it from the standard input")
    one.add_argument("--key-file", type=Path, default=None, metavar="FILE", help="read its key from this file")


def default_data() -> Path:
    """The appliance's state where this is one, else the person's own data folder."""
    if Path("/run/hearth/assistant").is_dir():
        return Path("/var/lib/hearth")
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "hearth"


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, told_as: str, act: object
) -> argparse.ArgumentParser:
    one = commands.add_parser(name, help=told_as, description=told_as[0].upper() + told_as[1:] + ".")
    one.set_defaults(act=act)
    one.add_argument("--data", type=Path, default=default_data(), metavar="DIR", help="the node's data folder")
    return one


def _json(one: argparse.ArgumentParser) -> None:
    one.add_argument("--json", action="store_true", help="print one JSON object")
