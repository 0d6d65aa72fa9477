"""The part of the page of nodes about letting a box in: the door and its code, who knocks, and the words to compare."""

from functools import partial

from nicegui.elements.mixins.text_element import TextElement

from webui.components.basics import box, button, text
from webui.components.join_code import qr_picture, words_shown
from webui.components.node_role import role_choice
from webui.components.part import Act, Part
from webui.components.problems import notice
from webui.mesh_messages import Door, Mesh, Newcomer
from webui.mesh_wording import left


class NewcomersPart:
    """Who wants to come in, at the top of the page."""

    def __init__(self, act: Act, *, invited: str) -> None:
        """`invited` is the token of a new box whose QR code led here, or nothing."""
        self._act = act
        self._invited = invited
        self._roles: dict[str, str] = {}
        self._invitation = Part()
        self._requests = Part(aria_live="assertive")

    def show(self, mesh: Mesh) -> None:
        """Draw what has changed."""
        self._invitation.show(self._invited, self._draw_invitation)
        self._requests.show(mesh.requests, lambda: self._draw_requests(mesh.requests))

    def _draw_invitation(self) -> None:
        if not self._invited:
            return
        with box("div", "node-request"):
            text("h2", "A new box shows you its code", "section-title")
            text(
                "p",
                "You scanned it from the screen of another PC. Open the door, and that PC alone can come in; both "
                "screens then show the same words, and you decide.",
                "muted",
            )
            with box("div", "question-buttons"):
                button("Not now", self._forget)
                button("Open the door for it", self._open_for_it, kind="main")

    async def _open_for_it(self) -> None:
        if await self._act("POST", "/door", {"token": self._invited}):
            self._forget()

    def _forget(self) -> None:
        self._invited = ""
        self._invitation.show(self._invited, self._draw_invitation)

    def _draw_requests(self, newcomers: tuple[Newcomer, ...]) -> None:
        for newcomer in newcomers:
            self._request(newcomer)

    def _request(self, newcomer: Newcomer) -> None:
        path = f"/requests/{newcomer.session}"
        with box("div", "node-request"):
            text("h2", f"“{newcomer.name}” wants to come in", "section-title")
            text(
                "p",
                f"It knows the code and calls from {newcomer.address}. Its screen has to show these words:",
                "muted",
            )
            words_shown(newcomer.words)
            role_choice("worker", partial(self._roles.__setitem__, newcomer.session))
            with box("div", "question-buttons"):
                button("They differ: send it away", lambda: self._act("POST", f"{path}/refuse"))
                button("They are the same: let it in", partial(self._approve, newcomer.session), kind="main")

    async def _approve(self, session: str) -> None:
        await self._act("POST", f"/requests/{session}/approve", {"role": self._roles.get(session, "worker")})


class DoorPart:
    """The door: open or shut, with its code."""

    def __init__(self, act: Act) -> None:
        self._act = act
        self._part = Part("section", aria_label="Add a box")
        self._time: TextElement | None = None

    def show(self, mesh: Mesh) -> None:
        """Draw what has changed, and the time that is left."""
        window = mesh.window
        may_open = mesh.is_home or mesh.mesh_id is None
        state = (may_open, window and (window.code, window.guesses_left), mesh.window_problem)
        self._part.show(state, lambda: self._draw(mesh) if may_open else None)
        if window and self._time is not None:
            self._time.text = f"{left(window.seconds_left)} left"

    def _draw(self, mesh: Mesh) -> None:
        self._time = None
        text("h2", "Add a box", "section-title")
        if mesh.window:
            self._open_door(mesh.window)
            return
        if mesh.window_problem:
            notice(mesh.window_problem, kind="calm")
        text(
            "p",
            "Start the other PC from the same stick, or with “hearth run” in its terminal. Then open the door here.",
            "muted",
        )
        with box("div", "node-start"):
            button("Add a box", lambda: self._act("POST", "/door"), picture="plus", kind="main")

    def _open_door(self, door: Door) -> None:
        if not door.code:
            text("p", "The door is open for the box whose code you scanned, and for no other.", "muted")
            self._time = text("p", f"{left(door.seconds_left)} left", "node-time")
            button("Close the door", lambda: self._act("DELETE", "/door"))
            return
        with box("div", "node-door"):
            qr_picture(door.link, "QR code for the new box")
            with box("div", "node-door-words"):
                text("p", "On the new box open “Nodes”, choose this box and type:", "muted")
                text("p", door.code, "join-code")
                self._time = text("p", f"{left(door.seconds_left)} left", "node-time")
                text("p", "The code lets one box in, and three wrong ones close the door.", "hint")
                with box("details", "fold"):
                    text("summary", "The QR code as text")
                    text("pre", door.link, "code")
                button("Close the door", lambda: self._act("DELETE", "/door"))
