"""The page of people: the own password, who lives here, who is asked in, and the backup, which is the owner's."""

from collections.abc import Sequence

from fastapi import Request
from nicegui import ui

from assistant.rights import CHILD_MAY_NOT
from webui.components import problems
from webui.components.basics import box, button, icon, text
from webui.components.code import copyable
from webui.components.confirm import confirmed
from webui.components.frame import frame
from webui.components.password_change import password_change
from webui.components.with_password import confirmed_with_password
from webui.household_messages import Invitation, NewInvitation, Person
from webui.pages.visit import OpenVisit, Visit
from webui.wording import day

ROLES = {"owner": "Owner", "adult": "Adult", "child": "Child"}


def register(visit: OpenVisit) -> None:
    """Add `/people`."""

    @ui.page("/people")
    async def people(request: Request) -> None:
        here = visit(request)
        chats, everybody = await here.assistant.chats(), await here.assistant.people()
        manages = "manage_people" in here.person.may
        open_codes = await here.assistant.invitations() if manages else ()
        with frame("People", here="/people", person=here.person, chats=chats):
            _People(here, everybody, open_codes, address=f"https://{request.headers.get('host', '')}")


class _People:
    """What happens on the page."""

    def __init__(
        self, visit: Visit, everybody: Sequence[Person], open_codes: Sequence[Invitation], *, address: str
    ) -> None:
        self._assistant = visit.assistant
        self._me = visit.person
        self._address = address
        self._manages = "manage_people" in visit.person.may
        with box("section", "sheet"):
            text("h1", "People", "display")
            text(
                "p",
                "Everybody has a shelf that nobody else reads, the owner neither, and shares those of the household.",
                "welcome-lead",
            )
            if visit.person.password_reset_at:
                self._reset_notice(visit.person.password_reset_at)
            if self._manages:
                self._invite()
            self._secret = box("div", aria_live="polite")
            with box("section", aria_label="Who lives here"):
                text("h2", "Who lives here", "section-title")
                self._list = box("div")
            self._codes = box("section", aria_label="Open codes")
            with box("details", "fold"):
                text("summary", "What a child’s account may not do")
                with box("ul"):
                    for line in CHILD_MAY_NOT.values():
                        text("li", line)
            password_change(self._assistant)
        self._draw(everybody, open_codes)

    def _reset_notice(self, when: str) -> None:
        with box("div", "notice notice-calm", role="status") as notice:
            icon("key")
            with box("div"):
                text("p", f"Your password was set anew by a code of the owner’s on {day(when)}.", "notice-lead")
                text("p", "If that was not you, somebody else had the code: change your password below.")

            async def known() -> None:
                with problems.shown():
                    await self._assistant.reset_is_known()
                    notice.delete()

            button("It was me", known, kind="plain")

    def _invite(self) -> None:
        with box("div", "new-key"):
            button("Invite an adult", lambda: self._make("adult"), picture="plus", kind="main")
            button("Invite a child", lambda: self._make("child"), picture="plus")

    async def _make(self, role: str) -> None:
        with problems.shown():
            made = await self._assistant.invite(role)
            self._show(made, f"Open {self._address}/join on their phone or PC and type this code. It works once, "
                       "for seven days.")  # fmt: skip
            await self._reload()

    async def _reset(self, person: Person) -> None:
        question = f"A new password for {person.name}?"
        explanation = (
            "You get a code, and whoever types it sets the password. Their files stay private, and they are told."
        )
        if await confirmed(question, explanation, deed="Make a code", picture="key", kind="main"):
            with problems.shown():
                made = await self._assistant.reset_password(person.id)
                self._show(made, f"{person.name} opens {self._address}/new-password and types this code. It works "
                           "once, for one day.")  # fmt: skip
                await self._reload()

    def _show(self, made: NewInvitation, words: str) -> None:
        self._secret.clear()
        with self._secret, box("div", "secret"):
            text("p", words, "secret-words")
            copyable(made.code, label="the code")

    async def _reload(self) -> None:
        codes = await self._assistant.invitations() if self._manages else ()
        self._draw(await self._assistant.people(), codes)

    def _draw(self, everybody: Sequence[Person], open_codes: Sequence[Invitation]) -> None:
        self._list.clear()
        with self._list, box("ul", "plain-list documents"):
            for person in everybody:
                self._row(person)
        self._codes.clear()
        names = {person.id: person.name for person in everybody}
        if open_codes:
            with self._codes:
                text("h2", "Open codes", "section-title")
                with box("ul", "plain-list documents"):
                    for code in open_codes:
                        self._code_row(code, names)

    def _row(self, person: Person) -> None:
        with box("li", "document"):
            with box("span", "document-picture", aria_hidden="true"):
                text("span", person.name[:1].upper(), "initial")
            with box("div", "document-words"):
                text("h3", person.name, "document-name")
                you = " · this is you" if person.id == self._me.id else ""
                text("p", f"{ROLES.get(person.role, person.role)}{you}", "document-facts")
            with box("div", "document-deeds"):
                if self._manages and person.role != "owner":
                    other = "child" if person.role == "adult" else "adult"
                    words = f"Make {person.name} {'a child’s account' if other == 'child' else 'an adult'}"
                    button("", lambda: self._set_role(person, other), picture="swap", kind="quiet", label=words)
                    label = f"A new password for {person.name}"
                    button("", lambda: self._reset(person), picture="key", kind="quiet", label=label)
                if person.role != "owner" and (self._manages or (person.id == self._me.id and person.role == "adult")):
                    label = f"Delete {person.name}"
                    button("", lambda: self._delete(person), picture="trash", kind="quiet", label=label)

    def _code_row(self, code: Invitation, names: dict[str, str]) -> None:
        what = f"An invitation for {'a child' if code.role == 'child' else 'an adult'}"
        if code.person_id:
            what = f"A new password for {names.get(code.person_id, 'somebody')}"
        with box("li", "document"):
            with box("span", "document-picture", aria_hidden="true"):
                icon("key")
            with box("div", "document-words"):
                text("h3", what, "document-name")
                text("p", f"Until {day(code.expires_at)}, or until it is used", "document-facts")
            with box("div", "document-deeds"):
                label = f"Take back: {what}"
                button("", lambda: self._take_back(code), picture="trash", kind="quiet", label=label)

    async def _take_back(self, code: Invitation) -> None:
        with problems.shown():
            await self._assistant.take_back_invitation(code.id)
            self._secret.clear()
            await self._reload()

    async def _set_role(self, person: Person, role: str) -> None:
        question = f"Make {person.name} {'an adult' if role == 'adult' else 'a child’s account'}?"
        explanation = "Their files and chats stay."
        if role == "child":
            explanation += " Keys that they made for programs open nothing any more."
        if await confirmed(question, explanation, deed="Do it", picture="swap", kind="main"):
            with problems.shown():
                await self._assistant.set_role(person.id, role)
                await self._reload()

    async def _delete(self, person: Person) -> None:
        explanation = (
            "Their files, all that was learned from them, their chats, keys and sign-ins are gone for good. What they "
            "put on the household’s shelves stays. Type your own password to go on."
        )
        password = await confirmed_with_password(f"Delete {person.name}?", explanation, deed="Delete")
        if password:
            with problems.shown():
                await self._assistant.delete_person(person.id, password=password)
                if person.id == self._me.id:
                    ui.navigate.to("/login")
                    return
                await self._reload()
