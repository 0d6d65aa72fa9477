"""The page of nodes: who works together, how each is, letting a box in, joining another mesh, removing, leaving."""

from typing import Any

from fastapi import Request
from nicegui import ui

from webui.components import problems
from webui.components.basics import box, button, icon, link, text
from webui.components.confirm import confirmed
from webui.components.frame import frame
from webui.components.join_code import qr_picture, words_shown
from webui.components.problems import notice
from webui.errors import AssistantAwayError, RefusedError
from webui.invited import token_in
from webui.job_wording import house
from webui.mesh_messages import Door, Invitation, Mesh, Newcomer, Node
from webui.mesh_wording import clock, left, load, machine, models, outcome, prediction, split, standing
from webui.pages.engines import EnginesPart
from webui.pages.visit import OpenVisit, Visit

LOOK_SECONDS = 2.0
MESH_PORT = 7377
SHOWN_OUTCOMES = 12


def register(visit: OpenVisit) -> None:
    """Add `/nodes`."""

    @ui.page("/nodes")
    async def nodes(request: Request) -> None:
        here = visit(request)
        chats = await here.assistant.chats()
        refusal, mesh = "", Mesh()
        try:
            mesh = await here.assistant.mesh()
        except (RefusedError, AssistantAwayError) as error:
            refusal = str(error)
        with frame("Nodes", here="/nodes", person=here.person, chats=chats), box("section", "sheet"):
            text("h1", "Nodes", "display")
            if refusal:
                notice(refusal, kind="calm")
                return
            text(
                "p",
                "Another PC of yours can make answers faster, and may be switched off at any time. You let each one "
                "in; it speaks to the others only in an encrypted way, and you can remove it again.",
                "welcome-lead",
            )
            _Nodes(here, mesh, invited=token_in(request.query_params))
            EnginesPart(here.assistant)
            with problems.shown():
                known = (await here.assistant.jobs()).house
                if known is not None:
                    text("h2", "Jobs", "section-title")
                    text("p", house(known), "muted")
                    link("See your jobs", "/jobs")


class _Nodes:
    """What happens on the page; it looks again every two seconds and draws what has changed."""

    def __init__(self, visit: Visit, mesh: Mesh, *, invited: str) -> None:
        """`invited` is the token of a new box whose QR code led here, or nothing."""
        self._assistant = visit.assistant
        self._invited = invited
        self._drawn: dict[str, Any] = {}
        self._mesh = mesh
        self._notice = box("div", aria_live="polite")
        self._invitation = box("div")
        self._requests = box("div", aria_live="assertive")
        self._join_state = box("div", aria_live="polite")
        self._members = box("section", aria_label="Nodes of this mesh")
        self._splits = box("section", aria_label="Models over several boxes")
        self._door = box("section", aria_label="Add a box")
        self._time: Any = None
        self._knock_time: Any = None
        self._joining = box("section", aria_label="Join another Hearth")
        self._outcomes = box("section", aria_label="Where answers were computed")
        self._leave = box("div")
        self._draw()
        ui.timer(LOOK_SECONDS, self._look)

    async def _look(self) -> None:
        try:
            self._mesh = await self._assistant.mesh()
        except (AssistantAwayError, RefusedError):
            return  # the next look tells
        self._draw()

    async def _do(self, method: str, path: str, content: dict[str, Any] | None = None) -> None:
        with problems.shown():
            self._mesh = await self._assistant.change_mesh(method, path, content)
            self._draw()

    def _draw(self) -> None:
        mesh = self._mesh
        self._part("notice", self._notice, mesh.notice, self._draw_notice)
        self._part("invitation", self._invitation, self._invited, self._draw_invitation)
        self._part("requests", self._requests, mesh.requests, self._draw_requests)
        self._part("members", self._members, mesh.members, self._draw_members)
        self._part("splits", self._splits, (mesh.splits, mesh.split_notice), self._draw_splits)
        window = mesh.window
        door = (
            mesh.is_home or mesh.mesh_id is None,
            window and (window.code, window.guesses_left),
            mesh.window_problem,
        )
        self._part("door", self._door, door, self._draw_door)
        if window and self._time is not None:
            self._time.text = f"{left(window.seconds_left)} left"
        alone = mesh.mesh_id is None
        knocks = mesh.invitation and mesh.invitation.link
        joining = (alone, knocks, mesh.strangers if alone else ())
        self._part("joining", self._joining, joining, self._draw_joining)
        if mesh.invitation and self._knock_time is not None:
            self._knock_time.text = f"{left(mesh.invitation.seconds_left)} left"
        self._part("state", self._join_state, mesh.joining, self._draw_join_state)
        self._part("outcomes", self._outcomes, mesh.outcomes, self._draw_outcomes)
        self._part("leave", self._leave, (mesh.mesh_id, mesh.role), self._draw_leave)

    def _part(self, name: str, room: ui.element, state: Any, draw: Any) -> None:
        """Draw a part anew where its state is another one: what a person types elsewhere stays."""
        if name in self._drawn and self._drawn[name] == state:
            return
        self._drawn[name] = state
        room.clear()
        with room:
            draw()

    def _draw_notice(self) -> None:
        if self._mesh.notice:
            notice(self._mesh.notice, kind="calm")

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
                button("Not now", self._forget_invitation)
                button("Open the door for it", self._open_for_it, kind="main")

    async def _open_for_it(self) -> None:
        with problems.shown():
            self._mesh = await self._assistant.change_mesh("POST", "/door", {"token": self._invited})
            self._forget_invitation()

    def _forget_invitation(self) -> None:
        self._invited = ""
        self._draw()

    def _draw_requests(self) -> None:
        for newcomer in self._mesh.requests:
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
            with box("div", "question-buttons"):
                button("They differ: send it away", lambda: self._do("POST", f"{path}/refuse"))
                button("They are the same: let it in", lambda: self._do("POST", f"{path}/approve", {}), kind="main")

    def _draw_members(self) -> None:
        if self._mesh.mesh_id is None:
            return
        text("h2", "This mesh", "section-title")
        with box("ul", "plain-list nodes"):
            for node in self._mesh.members:
                self._member(node)

    def _member(self, node: Node) -> None:
        with box("li", "node" + ("" if node.is_reached else " node-away")):
            with box("span", "document-picture", aria_hidden="true"):
                icon("house" if node.role == "home" else "gauge")
            with box("div", "document-words"):
                text("h3", node.name, "document-name")
                text("p", standing(node), "document-facts")
                if node.report:
                    text("p", f"{load(node.report)} · {models(node.report)}", "document-facts")
                    text("p", machine(node.report.vitals), "document-facts")
                if node.clock_ahead_seconds is not None:
                    text("p", clock(node.clock_ahead_seconds), "document-facts")
            with box("div", "document-deeds"):
                if self._mesh.is_home:
                    button("", lambda: self._rename(node), picture="text", kind="quiet", label=f"Rename {node.name}")
                if self._mesh.is_home and not node.is_here:
                    button("", lambda: self._revoke(node), picture="trash", kind="quiet", label=f"Remove {node.name}")

    def _draw_splits(self) -> None:
        if not self._mesh.splits:
            return
        text("h2", "Models over several boxes", "section-title")
        text("p", "These need more memory than any one box has. The boxes can share one of them at a time.", "muted")
        if self._mesh.split_notice:
            text("p", f"The last one ended early. {self._mesh.split_notice}", "muted")
        with box("ul", "plain-list nodes"):
            for one in self._mesh.splits:
                with box("li", "node"):
                    with box("span", "document-picture", aria_hidden="true"):
                        icon("brain")
                    with box("div", "document-words"):
                        text("h3", one.name, "document-name")
                        text("p", split(one), "document-facts")

    def _draw_door(self) -> None:
        self._time = None
        if not (self._mesh.is_home or self._mesh.mesh_id is None):
            return
        text("h2", "Add a box", "section-title")
        if self._mesh.window:
            self._open_door(self._mesh.window)
            return
        if self._mesh.window_problem:
            notice(self._mesh.window_problem, kind="calm")
        text(
            "p",
            "Start the other PC from the same stick, or with “hearth run” in its terminal. Then open the door here.",
            "muted",
        )
        with box("div", "node-start"):
            button("Add a box", lambda: self._do("POST", "/door"), picture="plus", kind="main")

    def _open_door(self, door: Door) -> None:
        if not door.code:
            text("p", "The door is open for the box whose code you scanned, and for no other.", "muted")
            self._time = text("p", f"{left(door.seconds_left)} left", "node-time")
            button("Close the door", lambda: self._do("DELETE", "/door"))
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
                button("Close the door", lambda: self._do("DELETE", "/door"))

    def _draw_joining(self) -> None:
        self._knock_time = None
        if self._mesh.mesh_id is not None:
            return
        text("h2", "Join another Hearth", "section-title")
        if self._mesh.invitation:
            self._show_invitation(self._mesh.invitation)
            return
        text(
            "p",
            "Show it a QR code and scan that with the phone on which you use the other Hearth. Or press “Add a box” on "
            "the other one, and type here the code that it shows.",
            "muted",
        )
        for seen in self._mesh.strangers:
            with box("div", "node-seen"):
                text("span", f"{seen.name} · {seen.address}")
                button("Show a QR code", lambda seen=seen: self._knock(seen.address, seen.port))  # type: ignore[misc]
                button("Type its code", lambda seen=seen: self._choose(f"{seen.address}:{seen.port}"))  # type: ignore[misc]
        if not self._mesh.strangers:
            text("p", "No other box was found on this network by itself. Type its address.", "hint")
        with box("div", "node-join"):
            self._address = _field("Address of the other box", "192.168.1.20")
            self._code = _field("Its code, or the text of its QR code", "7KQ2-M4XD")
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
                self._knock_time = text("p", f"{left(invitation.seconds_left)} left", "node-time")
                with box("details", "fold"):
                    text("summary", "The QR code as an address")
                    text("pre", invitation.link, "code")
                button("Stop", lambda: self._do("DELETE", "/join"))

    async def _knock_at_typed(self) -> None:
        host, port = self._typed_place()
        if not host:
            problems.tell("Type the address of the other box first; its own screen shows it.")
            return
        await self._knock(host, port)

    async def _knock(self, address: str, port: int) -> None:
        await self._do("POST", "/knock", {"address": address, "port": port})

    async def _join(self) -> None:
        code, (host, port) = (self._code.value or "").strip(), self._typed_place()
        if not code:
            problems.tell("Type the code that the other box shows.")
            return
        await self._do("POST", "/join", {"code": code, "address": host, "port": port})

    def _typed_place(self) -> tuple[str, int]:
        address = (self._address.value or "").strip()
        host, _, port = address.rpartition(":") if address.count(":") == 1 else (address, "", "")
        return host, int(port) if port.isdigit() else MESH_PORT

    def _draw_join_state(self) -> None:
        joining = self._mesh.joining
        match joining.stage:
            case "talking":
                text("p", "Speaking with the other box…", "working").props("role=status")
            case "waiting":
                with box("div", "node-request"):
                    text("h2", f"Waiting for the owner of “{joining.home_name}”", "section-title")
                    text("p", "The other box has to show these very words. If it does, let this one in there:", "muted")
                    words_shown(joining.words)
                    with box("div", "question-buttons"):
                        button("Stop", lambda: self._do("DELETE", "/join"))
            case "failed":
                notice(joining.problem)
            case "joined" if self._mesh.mesh_id is not None:
                notice(f"This box is in the mesh of “{joining.home_name}” now.", kind="moss")
            case _:
                return
        if joining.clock_skew_seconds is not None:
            text("p", clock(-joining.clock_skew_seconds), "hint")

    def _draw_outcomes(self) -> None:
        if not self._mesh.outcomes:
            return
        text("h2", "Where answers were computed", "section-title")
        text("p", prediction(self._mesh.outcomes), "muted")
        with box("ul", "plain-list node-outcomes"):
            for one in self._mesh.outcomes[:SHOWN_OUTCOMES]:
                text("li", outcome(one))

    def _draw_leave(self) -> None:
        if self._mesh.mesh_id is None:
            return
        if self._mesh.is_home:
            button("Dissolve this mesh", self._part_ways, kind="quiet", picture="out")
        else:
            button("Leave this mesh", self._part_ways, kind="quiet", picture="out")

    async def _part_ways(self) -> None:
        question = "Dissolve this mesh?" if self._mesh.is_home else "Leave this mesh?"
        explanation = "Files and chats stay where they are. The boxes no longer help each other until they join again."
        if await confirmed(question, explanation, deed="Dissolve it" if self._mesh.is_home else "Leave it"):
            await self._do("POST", "/leave")

    async def _revoke(self, node: Node) -> None:
        explanation = "It is trusted no more and what runs there now breaks off. It can be let in again later."
        if await confirmed(f"Remove “{node.name}”?", explanation, deed="Remove it"):
            await self._do("DELETE", f"/{node.node_id}")

    async def _rename(self, node: Node) -> None:
        with ui.dialog() as dialog, box("div", "question"):
            text("h2", f"Rename “{node.name}”", "question-title")
            field = _field("New name", node.name)
            with box("div", "question-buttons"):
                button("Keep it", lambda: dialog.submit(""))
                button("Rename", lambda: dialog.submit(field.value or ""), kind="main")
        name = await dialog
        dialog.delete()
        if name:
            await self._do("PATCH", f"/{node.node_id}", {"name": name})


def _field(label: str, example: str) -> ui.input:
    with box("div", "field"):
        made = ui.input(placeholder=example).props("borderless maxlength=200")
        made.props["aria-label"] = label
    return made
