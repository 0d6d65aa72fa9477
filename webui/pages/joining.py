"""The part of the page of nodes about joining another Hearth: by its code, or by a QR code for its owner."""

from functools import partial

from nicegui.elements.mixins.text_element import TextElement

from webui.components import problems
from webui.components.basics import box, button, text
from webui.components.field import field
from webui.components.join_code import qr_picture, words_shown
from webui.components.part import Act, Part
from webui.components.problems import notice
from webui.mesh_messages import Invitation, Mesh
from webui.mesh_wording import clock, left

MESH_PORT = 7377


class JoinStatePart:
    """How far joining is, at the top of the page."""

    def __init__(self, act: Act) -> None:
        self._act = act
        self._part = Part(aria_live="polite")

    def show(self, mesh: Mesh) -> None:
        """Draw what has changed."""
        self._part.show((mesh.joining, mesh.mesh_id), lambda: self._draw(mesh))

    def _draw(self, mesh: Mesh) -> None:
        joining = mesh.joining
        match joining.stage:
            case "talking":
                text("p", "Speaking with the other box…", "working").props("role=status")
            case "waiting":
                with box("div", "node-request"):
                    text("h2", f"Waiting for the owner of “{joining.home_name}”", "section-title")
                    text("p", "The other box has to show these very words. If it does, let this one in there:", "muted")
                    words_shown(joining.words)
                    with box("div", "question-buttons"):
                        button("Stop", lambda: self._act("DELETE", "/join"))
            case "failed":
                notice(joining.problem)
            case "joined" if mesh.mesh_id is not None:
                notice(f"This box is in the mesh of “{joining.home_name}” now.", kind="moss")
            case _:
                return
        if joining.clock_skew_seconds is not None:
            text("p", clock(-joining.clock_skew_seconds), "hint")


class JoiningPart:
    """The boxes that are seen, what is typed, and the QR code."""

    def __init__(self, act: Act) -> None:
        self._act = act
        self._part = Part("section", aria_label="Join another Hearth")
        self._time: TextElement | None = None

    def show(self, mesh: Mesh) -> None:
        """Draw what has changed, and the time that is left."""
        is_alone = mesh.mesh_id is None
        link = mesh.invitation and mesh.invitation.link
        self._part.show(
            (is_alone, link, mesh.strangers if is_alone else ()), lambda: self._draw(mesh) if is_alone else None
        )
        if mesh.invitation and self._time is not None:
            self._time.text = f"{left(mesh.invitation.seconds_left)} left"

    def _draw(self, mesh: Mesh) -> None:
        self._time = None
        text("h2", "Join another Hearth", "section-title")
        if mesh.invitation:
            self._show_invitation(mesh.invitation)
            return
        text(
            "p",
            "Show it a QR code and scan that with the phone on which you use the other Hearth. Or press “Add a box” on "
            "the other one, and type here the code that it shows.",
            "muted",
        )
        for seen in mesh.strangers:
            with box("div", "node-seen"):
                text("span", f"{seen.name} · {seen.address}")
                button("Show a QR code", partial(self._knock, seen.address, seen.port))
                button("Type its code", partial(self._choose, f"{seen.address}:{seen.port}"))
        if not mesh.strangers:
            text("p", "No other box was found on this network by itself. Type its address.", "hint")
        with box("div", "node-join"):
            self._address = field("Address of the other box", "192.168.1.20")
            self._code = field("Its code, or the text of its QR code", "7KQ2-M4XD")
            self._code.on("keydown.enter", self._join, args=[])
            with box("div", "question-buttons"):
                button("Show a QR code", self._knock_at_typed)
                button("Join", self._join, kind="main")

    def _choose(self, place: str) -> None:
        self._address.set_value(place)
        self._code.run_method("focus")

    def _show_invitation(self, invitation: Invitation) -> None:
        with box("div", "node-door"):
            qr_picture(invitation.link, "QR code for the owner of the other Hearth")
            with box("div", "node-door-words"):
                text("p", f"Scan this with the phone on which you use the Hearth at {invitation.address}.", "muted")
                text("p", "It asks you there whether this box may come in.", "muted")
                self._time = text("p", f"{left(invitation.seconds_left)} left", "node-time")
                with box("details", "fold"):
                    text("summary", "The QR code as an address")
                    text("pre", invitation.link, "code")
                button("Stop", lambda: self._act("DELETE", "/join"))

    async def _knock_at_typed(self) -> None:
        host, port = self._typed_place()
        if not host:
            problems.tell("Type the address of the other box first; its own screen shows it.")
            return
        await self._knock(host, port)

    async def _knock(self, address: str, port: int) -> None:
        await self._act("POST", "/knock", {"address": address, "port": port})

    async def _join(self) -> None:
        code, (host, port) = (self._code.value or "").strip(), self._typed_place()
        if not code:
            problems.tell("Type the code that the other box shows.")
            return
        await self._act("POST", "/join", {"code": code, "address": host, "port": port})

    def _typed_place(self) -> tuple[str, int]:
        address = (self._address.value or "").strip()
        host, _, port = address.rpartition(":") if address.count(":") == 1 else (address, "", "")
        return host, int(port) if port.isdigit() else MESH_PORT
