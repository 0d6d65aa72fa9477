"""The page of nodes: who works together, how each is, letting a box in, joining another mesh, removing, leaving."""

from collections.abc import Sequence
from typing import Any

from fastapi import Request
from nicegui import ui

from webui.components import problems
from webui.components.basics import box, button, icon, link, text
from webui.components.confirm import confirmed
from webui.components.field import field
from webui.components.frame import frame
from webui.components.node_role import asked_role
from webui.components.node_update import update_of, update_of_all
from webui.components.part import Part
from webui.components.problems import notice
from webui.errors import AssistantAwayError, RefusedError, WebuiError
from webui.invited import token_in
from webui.job_wording import house
from webui.mesh_messages import Mesh, Node
from webui.mesh_wording import (
    bringing,
    clock,
    left_out,
    links,
    load,
    machine,
    may_be_brought,
    models,
    outcome,
    prediction,
    predictions,
    split,
    standing,
    twins,
    unused,
)
from webui.node_update_wording import explanation, question
from webui.pages.door import DoorPart, NewcomersPart
from webui.pages.engines import EnginesPart
from webui.pages.joining import JoiningPart, JoinStatePart
from webui.pages.visit import OpenVisit, Visit

LOOK_SECONDS = 2.0
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
        self._mesh = mesh
        self._notice = Part(aria_live="polite")
        self._newcomers = NewcomersPart(self._do, invited=invited)
        self._join_state = JoinStatePart(self._do)
        self._members = Part("section", aria_label="Nodes of this mesh")
        self._splits = Part("section", aria_label="Models over several boxes")
        self._door = DoorPart(self._do)
        self._joining = JoiningPart(self._do)
        self._outcomes = Part("section", aria_label="Where answers were computed")
        self._leave = Part()
        self._questions = box("div")  # what is asked stays, though the rows are drawn anew meanwhile
        self._draw()
        ui.timer(LOOK_SECONDS, self._look)

    async def _look(self) -> None:
        try:
            self._mesh = await self._assistant.mesh()
        except (AssistantAwayError, RefusedError):
            return  # the next look tells
        self._draw()

    async def _do(self, method: str, path: str, content: dict[str, Any] | None = None) -> bool:
        try:
            self._mesh = await self._assistant.change_mesh(method, path, content)
        except WebuiError as error:
            problems.show(error)
            return False
        self._draw()
        return True

    def _draw(self) -> None:
        mesh = self._mesh
        self._notice.show(mesh.notice, self._draw_notice)
        self._newcomers.show(mesh)
        self._join_state.show(mesh)
        self._members.show((mesh.members, mesh.model), self._draw_members)
        self._splits.show((mesh.splits, mesh.split_notice), self._draw_splits)
        self._door.show(mesh)
        self._joining.show(mesh)
        self._outcomes.show(mesh.outcomes, self._draw_outcomes)
        self._leave.show((mesh.mesh_id, mesh.role), self._draw_leave)

    def _draw_notice(self) -> None:
        if self._mesh.notice:
            notice(self._mesh.notice, kind="calm")

    def _draw_members(self) -> None:
        if self._mesh.mesh_id is None:
            return
        text("h2", "This mesh", "section-title")
        with box("ul", "plain-list nodes"):
            for node in self._mesh.members:
                self._member(node)
        if self._mesh.is_home:
            update_of_all(self._mesh, self._update, lambda: self._do("DELETE", "/update"))

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
                    for brought in bringing(node.report):
                        text("p", brought, "document-facts")
                if reached := links(node, self._mesh.members):
                    text("p", reached, "document-facts")
                if node.clock_ahead_seconds is not None:
                    text("p", clock(node.clock_ahead_seconds), "document-facts")
                if warning := twins(node):
                    notice(warning)
                if why := unused(node, self._mesh.model):
                    text("p", why, "document-facts")
                update_of(node, self._mesh, self._update)
                if self._mesh.is_home and may_be_brought(node):
                    with box("div"):
                        button(f"Copy “{self._mesh.model}” there", lambda: self._bring(node), picture="copy")
            with box("div", "document-deeds"):
                if self._mesh.is_home:
                    button("", lambda: self._rename(node), picture="text", kind="quiet", label=f"Rename {node.name}")
                if self._mesh.is_home and not node.is_here:
                    role = f"Change what {node.name} does"
                    button("", lambda: self._give_role(node), picture="swap", kind="quiet", label=role)
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
                        if out := left_out(one):
                            text("p", out, "document-facts")

    def _draw_outcomes(self) -> None:
        if not self._mesh.outcomes:
            return
        text("h2", "Where answers were computed", "section-title")
        text("p", prediction(self._mesh.outcomes), "muted")
        with box("ul", "plain-list node-outcomes"):
            for of_node in predictions(self._mesh.outcomes):
                text("li", of_node)
        text("h3", "The latest", "overline")
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
        asked = "Dissolve this mesh?" if self._mesh.is_home else "Leave this mesh?"
        what = "Files and chats stay where they are. The boxes no longer help each other until they join again."
        with self._questions:
            is_sure = await confirmed(asked, what, deed="Dissolve it" if self._mesh.is_home else "Leave it")
        if is_sure:
            await self._do("POST", "/leave")

    async def _revoke(self, node: Node) -> None:
        what = "It is trusted no more and what runs there now breaks off. It can be let in again later."
        with self._questions:
            is_sure = await confirmed(f"Remove “{node.name}”?", what, deed="Remove it")
        if is_sure:
            await self._do("DELETE", f"/{node.node_id}")

    async def _update(self, nodes: Sequence[Node]) -> None:
        asked, what = question(nodes, self._mesh.kept_update), explanation(nodes)
        with self._questions:
            is_sure = await confirmed(asked, what, deed="Update", keep="Not now", picture="download", kind="main")
        if is_sure:
            await self._do("POST", f"/{nodes[0].node_id}/update" if len(nodes) == 1 else "/update")

    async def _bring(self, node: Node) -> None:
        await self._do("POST", f"/{node.node_id}/models", {})

    async def _give_role(self, node: Node) -> None:
        with self._questions:
            role = await asked_role(node)
        if role:
            await self._do("PATCH", f"/{node.node_id}", {"role": role})

    async def _rename(self, node: Node) -> None:
        with self._questions, ui.dialog() as dialog, box("div", "question"):
            text("h2", f"Rename “{node.name}”", "question-title")
            name_field = field("New name", node.name)
            with box("div", "question-buttons"):
                button("Keep it", lambda: dialog.submit(""))
                button("Rename", lambda: dialog.submit(name_field.value or ""), kind="main")
        name = await dialog
        dialog.delete()
        if name:
            await self._do("PATCH", f"/{node.node_id}", {"name": name})
