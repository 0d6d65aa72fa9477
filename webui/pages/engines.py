"""The part of the page of nodes about engines of other makes: what there is, adding one, what may go there."""

from typing import Any

from nicegui import ui

from webui.assistant_client import Caller
from webui.components import problems
from webui.components.basics import box, button, icon, text
from webui.components.confirm import confirmed
from webui.components.problems import notice
from webui.errors import AssistantAwayError, RefusedError
from webui.mesh_messages import Engine
from webui.mesh_wording import engine_models, engine_place, engine_state

LOOK_SECONDS = 3.0
_AWAY = (
    "Whatever you ask a model there leaves this house, over https, and whoever runs that machine can read and keep it."
)
_FILES = "Questions about your files may then be answered there, with the passages of your files that were found."


class EnginesPart:
    """It looks again every few seconds and draws what has changed."""

    def __init__(self, assistant: Caller) -> None:
        self._assistant = assistant
        self._drawn: tuple[Engine, ...] | None = None
        with box("section", aria_label="Other engines"):
            text("h2", "Other engines", "section-title")
            text(
                "p",
                "A machine that runs Ollama, vLLM, SGLang, exo, llama-server or another engine with an "
                "OpenAI-compatible API can answer too. Its models appear beside those of this box.",
                "muted",
            )
            self._list = box("div", aria_live="polite")
            with box("div", "node-start"):
                button("Add an engine", self._ask, picture="plus")
        self._questions = box("div")
        ui.timer(LOOK_SECONDS, self._look)

    async def _look(self) -> None:
        try:
            self._draw(await self._assistant.engines())
        except (AssistantAwayError, RefusedError):
            return  # the next look tells

    def _draw(self, engines: tuple[Engine, ...]) -> None:
        if engines == self._drawn:
            return
        self._drawn = engines
        self._list.clear()
        with self._list, box("ul", "plain-list nodes"):
            for engine in engines:
                self._engine(engine)

    def _engine(self, engine: Engine) -> None:
        with box("li", "node" + (" node-away" if engine.problem else "")):
            with box("span", "document-picture", aria_hidden="true"):
                icon("gauge")
            with box("div", "document-words"):
                text("h3", engine.name, "document-name")
                text("p", f"{engine.url}{' · with a key' if engine.has_key else ''}", "document-facts")
                text("p", engine_state(engine), "document-reason" if engine.problem else "document-facts")
                if engine.message:
                    text("p", engine.message, "document-facts")
                text("p", engine_models(engine), "document-facts")
                text("p", engine_place(engine), "document-facts")
                with box("div", "model-deeds"):
                    if engine.may_read_files:
                        words = "Keep files from it"
                        button(words, lambda: self._change(engine, {"may_read_files": False}))
                    else:
                        button("Let it answer from files", lambda: self._allow(engine))
            with box("div", "document-deeds"):
                button("", lambda: self._remove(engine), picture="trash", kind="quiet", label=f"Remove {engine.name}")

    async def _change(self, engine: Engine, change: dict[str, Any]) -> None:
        with problems.shown():
            self._draw(await self._assistant.change_engines("PATCH", f"/{engine.engine_id}", change))

    async def _allow(self, engine: Engine) -> None:
        explanation = f"{_FILES} {_AWAY}" if engine.may_be_away else _FILES
        with self._questions:
            sure = await confirmed(
                f"Let “{engine.name}” see passages of your files?", explanation, deed="Let it", picture="file"
            )
        if sure:
            await self._change(engine, {"may_read_files": True})

    async def _remove(self, engine: Engine) -> None:
        explanation = "Nothing is sent there any more, what it writes now breaks off, and its key is forgotten here."
        with self._questions:
            sure = await confirmed(f"Remove “{engine.name}”?", explanation, deed="Remove it")
        if sure:
            with problems.shown():
                self._draw(await self._assistant.change_engines("DELETE", f"/{engine.engine_id}"))

    async def _ask(self) -> None:
        with self._questions, ui.dialog() as dialog, box("div", "question engine-question"):
            _Form(self._assistant, dialog)
        engines = await dialog
        dialog.delete()
        if engines is not None:
            self._draw(engines)


class _Form:
    """The question for a new engine; it stays open until one was taken, so that nothing has to be typed again."""

    def __init__(self, assistant: Caller, dialog: ui.dialog) -> None:
        self._assistant = assistant
        self._dialog = dialog
        text("h2", "Add an engine", "question-title")
        self._problem = box("div", aria_live="assertive")
        self._address = _field("Its address", "192.168.1.20:11434")
        self._name = _field("What to call it", "Workstation")
        self._key = _field("Its key, if it wants one", "")
        self._key.props("type=password autocomplete=off")
        self._files = _choice("It may answer from files", _FILES)
        with box("details", "fold"):
            text("summary", "It is outside this house, or made its certificate itself")
            self._away = _choice("It is outside this house", _AWAY)
            self._certificate = _field("SHA-256 of a certificate that it made itself", "")
        with box("div", "question-buttons"):
            button("Leave it", lambda: dialog.submit(None))
            self._add = button("Add it", self._try, kind="main")
        self._working = text("p", "", "working").props("role=status")

    async def _try(self) -> None:
        if not (self._address.value or "").strip():
            self._tell("Type the address of the engine.")
            return
        self._tell("")
        self._working.text = "Trying it: it is asked for its models and for a few words…"
        given = {
            "address": self._address.value.strip(),
            "name": (self._name.value or "").strip(),
            "key": (self._key.value or "").strip(),
            "certificate": (self._certificate.value or "").strip(),
            "may_be_away": bool(self._away.value),
            "may_read_files": bool(self._files.value),
        }
        try:
            engines = await self._assistant.change_engines("POST", "", given)
        except (AssistantAwayError, RefusedError) as error:
            self._tell(str(error))
        else:
            self._dialog.submit(engines)
        finally:
            self._working.text = ""

    def _tell(self, sentence: str) -> None:
        self._problem.clear()
        if sentence:
            with self._problem:
                notice(sentence)


def _field(label: str, example: str) -> ui.input:
    with box("div", "field"):
        text("span", label, "field-label").props("aria-hidden=true")
        made = ui.input(placeholder=example).props("borderless maxlength=300")
        made.props["aria-label"] = label
    return made


def _choice(label: str, meaning: str) -> ui.checkbox:
    with box("div", "field"):
        made = ui.checkbox(label)
        text("p", meaning, "hint")
    return made
