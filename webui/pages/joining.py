"""The part of the page of nodes about joining another Hearth: by its code, or by a QR code for its owner."""

from functools import partial

from nicegui.elements.mixins.text_element import TextElement

from webui.components import problems
from webui.components.basics import box, button, text
from webui.components.confirm import confirmed
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
                notice(joining.problem + (" This box is still in the mesh that it was in." if mesh.mesh_id else ""))
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
        self._mesh = Mesh()

    def show(self, mesh: Mesh) -> None:
        """Draw what has changed, and the time that is left."""
        self._mesh = mesh
        link = mesh.invitation and mesh.invitation.link
        self._part.show((mesh.mesh_id, mesh.role, link, mesh.strangers), lambda: self._draw(mesh))
        if mesh.invitation and self._time is not None:
            self._time.text = f"{left(mesh.invitation.seconds_left)} left"

    def _draw(self, mesh: Mesh) -> None:
        self._time = None
        if mesh.mesh_id is None or mesh.invitation:
            text("h2", "Join another Hearth", "section-title")
            self._draw_ways(mesh)
            return
        with box("details", "fold"):
            text("summary", "Move this box to another Hearth")
            text("p", f"{_parting(mesh)} That happens once the other Hearth's owner has let it in.", "muted")
            self._draw_ways(mesh)

    def _draw_ways(self, mesh: Mesh) -> None:
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
        if await self._may_part():
            await self._act("POST", "/knock", {"address": address, "port": port, "leaves": self._is_member})

    async def _join(self) -> None:
        code, (host, port) = (self._code.value or "").strip(), self._typed_place()
        if not code:
            problems.tell("Type the code that the other box shows.")
            return
        if await self._may_part():
            asked = {"code": code, "address": host, "port": port, "leaves": self._is_member}
            await self._act("POST", "/join", asked)

    @property
    def _is_member(self) -> bool:
        return self._mesh.mesh_id is not None

    async def _may_part(self) -> bool:
        """Whether this box may leave its mesh; a box that is in none has nothing to be asked."""
        if not self._is_member:
            return True
        explanation = f"{_parting(self._mesh)} Files and chats stay where they are."
        return await confirmed("Move this box?", explanation, deed="Move it", picture="swap", kind="main")

    def _typed_place(self) -> tuple[str, int]:
        address = (self._address.value or "").strip()
        host, _, port = address.rpartition(":") if address.count(":") == 1 else (address, "", "")
        return host, int(port) if port.isdigit() else MESH_PORT


def _parting(mesh: Mesh) -> str:
    """What becomes of the mesh that this box leaves."""
    if mesh.is_home:
        return "This box is the home node: its mesh is dissolved, and the other boxes help each other no longer."
    return "It leaves this mesh, and the boxes here and it help each other no longer."
