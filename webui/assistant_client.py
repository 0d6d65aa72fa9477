"""Owns what a person's browser asks of the assistant; `calls.py` knows how, `model_calls.py` asks about models."""

from collections.abc import AsyncIterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

import httpx
from pydantic import ValidationError

from webui.calls import PATIENT, refused, segment
from webui.chat_messages import EVENT, Chat, Chats, Event
from webui.errors import AssistantAwayError
from webui.household_messages import (
    BackupTicket,
    DiskBackup,
    Entry,
    Health,
    Invitation,
    Invitations,
    Key,
    Keys,
    LastDiskBackup,
    LastRestore,
    NewInvitation,
    NewKey,
    People,
    Person,
    RestoredFrom,
)
from webui.job_messages import Job, Jobs
from webui.library_messages import (
    DiskFiles,
    Disks,
    Document,
    Documents,
    Found,
    OnDisk,
    Page,
    Passage,
    Shelf,
    Shelves,
    WatchedFolder,
    WatchedFolders,
)
from webui.mesh_messages import Engine, Engines, Mesh
from webui.model_calls import ModelCalls
from webui.update_messages import StickUpdate, StickUpdates, UpdateElsewhere, Updates, UpdatesElsewhere

SESSION_COOKIE = "hearth_session"


class Caller(ModelCalls):
    """The assistant as one person's browser may use it; every method raises `RefusedError` or `AssistantAwayError`."""

    async def health(self) -> Health:
        """How the assistant is, and whether somebody owns this box."""
        return await self._read(Health, "GET", "/api/health")

    async def me(self) -> Person:
        """Who the session belongs to."""
        return await self._read(Person, "GET", "/api/me")

    async def set_up(self, *, code: str, name: str, password: str) -> Entry:
        """Claim the box with the code from its screen."""
        return await self._read(Entry, "POST", "/api/setup", {"code": code, "name": name, "password": password})

    async def log_in(self, *, name: str, password: str) -> Entry:
        """Open a session."""
        return await self._read(Entry, "POST", "/api/login", {"name": name, "password": password})

    async def join(self, *, code: str, name: str, password: str) -> Entry:
        """Come to live here, with a code of the owner's."""
        return await self._read(Entry, "POST", "/api/join", {"code": code, "name": name, "password": password})

    async def set_password(self, *, code: str, password: str) -> Entry:
        """Set a forgotten password anew, with a code of the owner's."""
        return await self._read(Entry, "POST", "/api/new-password", {"code": code, "password": password})

    async def change_password(self, *, old: str, new: str) -> None:
        """Change the person's own password."""
        await self._answer("POST", "/api/me/password", {"old": old, "new": new})

    async def reset_is_known(self) -> None:
        """The person knows that their password was set anew."""
        await self._answer("DELETE", "/api/me/password-reset")

    async def people(self) -> tuple[Person, ...]:
        """Everybody who lives here."""
        return (await self._read(People, "GET", "/api/people")).people

    async def invitations(self) -> tuple[Invitation, ...]:
        """The codes that can still be used."""
        return (await self._read(Invitations, "GET", "/api/invitations")).invitations

    async def invite(self, role: str) -> NewInvitation:
        """A code that lets one person in."""
        return await self._read(NewInvitation, "POST", "/api/invitations", {"role": role})

    async def take_back_invitation(self, invitation_id: str) -> None:
        """Make a code void."""
        await self._answer("DELETE", f"/api/invitations/{segment(invitation_id)}")

    async def reset_password(self, person_id: str) -> NewInvitation:
        """A code by which a person sets a new password."""
        return await self._read(NewInvitation, "POST", f"/api/people/{segment(person_id)}/reset")

    async def set_role(self, person_id: str, role: str) -> Person:
        """Make a child of an adult, or an adult of a child."""
        return await self._read(Person, "PUT", f"/api/people/{segment(person_id)}/role", {"role": role})

    async def delete_person(self, person_id: str, *, password: str) -> None:
        """Delete a person with all that is theirs; the password is that of the one who asks."""
        await self._answer("DELETE", f"/api/people/{segment(person_id)}", {"password": password})

    async def shelves(self) -> tuple[Shelf, ...]:
        """The shelves that the person may read, the own ones first."""
        return (await self._read(Shelves, "GET", "/api/shelves")).shelves

    async def make_shelf(self, *, name: str, kind: str) -> Shelf:
        """A further shelf, the person's own or the household's."""
        return await self._read(Shelf, "POST", "/api/shelves", {"name": name, "kind": kind})

    async def share_shelf(self, shelf_id: str, readers: Sequence[str]) -> Shelf:
        """Let exactly these people read a shelf of the person's."""
        return await self._read(Shelf, "PATCH", f"/api/shelves/{segment(shelf_id)}", {"readers": list(readers)})

    async def keep_shelf_here(self, shelf_id: str, *, stays_here: bool) -> Shelf:
        """Say whether a shelf's words may never leave this box."""
        return await self._read(Shelf, "PATCH", f"/api/shelves/{segment(shelf_id)}", {"stays_here": stays_here})

    async def delete_shelf(self, shelf_id: str) -> None:
        """Clear a shelf away with all that lies on it."""
        await self._answer("DELETE", f"/api/shelves/{segment(shelf_id)}")

    async def move_document(self, document_id: str, shelf_id: str) -> Document:
        """Put a file on another shelf."""
        return await self._read(Document, "PATCH", f"/api/documents/{segment(document_id)}", {"shelf": shelf_id})

    async def unlock(self, document_id: str, password: str) -> Document:
        """Give a locked file its password."""
        return await self._read(
            Document, "POST", f"/api/documents/{segment(document_id)}/unlock", {"password": password}
        )

    async def read_again(self, document_id: str) -> Document:
        """Try once more to read a file."""
        return await self._read(Document, "POST", f"/api/documents/{segment(document_id)}/retry")

    async def make_backup(self, passphrase: str) -> BackupTicket:
        """A backup of everything, to be fetched once."""
        return await self._read(BackupTicket, "POST", "/api/backups", {"passphrase": passphrase})

    async def write_backup(self, passphrase: str, disk_id: str) -> DiskBackup:
        """Begin to write a backup of everything onto a disk that is plugged into the box."""
        return await self._read(DiskBackup, "POST", "/api/disk-backups", {"passphrase": passphrase, "disk_id": disk_id})

    async def disk_backup(self) -> DiskBackup | None:
        """How far that is, or how the last one ended."""
        return (await self._read(LastDiskBackup, "GET", "/api/disk-backups")).writing

    async def restored(self) -> RestoredFrom | None:
        """The backup that this box was restored from, as long as it is remembered, for the owner."""
        return (await self._read(LastRestore, "GET", "/api/restored")).restored

    async def forget_restored(self) -> None:
        """Be told of it no more."""
        await self._answer("DELETE", "/api/restored")

    async def log_out(self) -> None:
        """End the session."""
        await self._answer("POST", "/api/logout")

    async def documents(self) -> tuple[Document, ...]:
        """Every file that the person may see."""
        return (await self._read(Documents, "GET", "/api/documents")).documents

    async def document(self, document_id: str) -> Document:
        """One file."""
        return await self._read(Document, "GET", f"/api/documents/{segment(document_id)}")

    async def delete_document(self, document_id: str) -> None:
        """Remove a file and all that was made of it."""
        await self._answer("DELETE", f"/api/documents/{segment(document_id)}")

    async def page(self, document_id: str, page: int) -> Page:
        """The text that was read from a page."""
        return await self._read(Page, "GET", f"/api/documents/{segment(document_id)}/pages/{page}")

    async def search(self, words: str, chosen: Mapping[str, str] = MappingProxyType({})) -> tuple[Passage, ...]:
        """The passages nearest to some words; `chosen` may name a shelf, kind, folder, person or days."""
        query = urlencode({"q": words, "limit": 10, **chosen})
        return (await self._read(Found, "GET", f"/api/search?{query}")).passages

    async def folders(self) -> tuple[WatchedFolder, ...]:
        """The watched folders."""
        return (await self._read(WatchedFolders, "GET", "/api/folders")).folders

    async def watch_folder(self, path: str, shelf: str) -> WatchedFolder:
        """Watch a folder of this machine."""
        return await self._read(WatchedFolder, "POST", "/api/folders", {"path": path, "shelf": shelf})

    async def stop_watching(self, folder_id: str) -> None:
        """Watch a folder no longer."""
        await self._answer("DELETE", f"/api/folders/{segment(folder_id)}")

    async def let_go(self, folder_id: str) -> None:
        """Say that what a watched folder misses is really gone."""
        await self._answer("POST", f"/api/folders/{segment(folder_id)}/gone")

    async def disks(self) -> Disks:
        """The USB sticks that are plugged in, and how far the person's last import is."""
        return await self._read(Disks, "GET", "/api/disks")

    async def disk_files(self, disk_id: str, folder: str) -> tuple[OnDisk, ...]:
        """What lies in a folder of a stick."""
        query = urlencode({"folder": folder})
        return (await self._read(DiskFiles, "GET", f"/api/disks/{segment(disk_id)}/files?{query}")).files

    async def take_from_disk(self, disk_id: str, paths: Sequence[str], shelf: str) -> None:
        """Begin to put files of a stick onto a shelf."""
        asked = {"paths": list(paths), "shelf": shelf}
        await self._answer("POST", f"/api/disks/{segment(disk_id)}/import", asked)

    async def chats(self) -> tuple[Chat, ...]:
        """Earlier chats, without their messages."""
        return (await self._read(Chats, "GET", "/api/chats")).chats

    async def chat(self, chat_id: str) -> Chat:
        """One chat with its messages."""
        return await self._read(Chat, "GET", f"/api/chats/{segment(chat_id)}")

    async def start_chat(self) -> Chat:
        """A new chat."""
        return await self._read(Chat, "POST", "/api/chats")

    async def delete_chat(self, chat_id: str) -> None:
        """Remove a chat."""
        await self._answer("DELETE", f"/api/chats/{segment(chat_id)}")

    async def jobs(self) -> Jobs:
        """The person's jobs in the background."""
        return await self._read(Jobs, "GET", "/api/jobs")

    async def hand_over(self, text: str) -> Job:
        """Let a question be answered in the background, in a chat of its own."""
        return await self._read(Job, "POST", "/api/jobs", {"text": text})

    async def cancel_job(self, job_id: str) -> Job:
        """A job is wanted no more."""
        return await self._read(Job, "POST", f"/api/jobs/{segment(job_id)}/cancel")

    async def keys(self) -> tuple[Key, ...]:
        """The person's keys for programs, newest first."""
        return (await self._read(Keys, "GET", "/api/keys")).keys

    async def make_key(self, name: str) -> NewKey:
        """A key for one program, with its secret."""
        return await self._read(NewKey, "POST", "/api/keys", {"name": name})

    async def revoke_key(self, key_id: str) -> None:
        """Take a key back."""
        await self._answer("DELETE", f"/api/keys/{segment(key_id)}")

    async def updates(self) -> Updates:
        """How updates of the system stand, for the owner."""
        return await self._read(Updates, "GET", "/api/updates")

    async def stick_updates(self) -> tuple[StickUpdate, ...]:
        """Updates on the sticks that are plugged in, for the owner."""
        return (await self._read(StickUpdates, "GET", "/api/updates/sticks")).updates

    async def updates_elsewhere(self) -> tuple[UpdateElsewhere, ...]:
        """Updates on other boxes of the mesh, for the owner."""
        return (await self._read(UpdatesElsewhere, "GET", "/api/updates/elsewhere")).updates

    async def change_updates(self, path: str, content: dict[str, Any] | None = None) -> Updates:
        """How they stand after one deed of the owner, `/install`, `/sticks` or `/fetch`."""
        return await self._read(Updates, "POST", f"/api/updates{path}", content)

    async def forget_update(self) -> None:
        """Delete the update's file that is kept here."""
        await self._answer("DELETE", "/api/updates")

    async def mesh(self) -> Mesh:
        """The mesh, for the owner."""
        return await self._read(Mesh, "GET", "/api/nodes")

    async def change_mesh(self, method: str, path: str, content: dict[str, Any] | None = None) -> Mesh:
        """The mesh after one deed of the owner, such as `POST /door`."""
        return await self._read(Mesh, method, f"/api/nodes{path}", content)

    async def engines(self) -> tuple[Engine, ...]:
        """The engines of other makes, for the owner."""
        return (await self._read(Engines, "GET", "/api/engines")).engines

    async def change_engines(
        self, method: str, path: str = "", content: dict[str, Any] | None = None
    ) -> tuple[Engine, ...]:
        """The engines after one deed of the owner."""
        return (await self._read(Engines, method, f"/api/engines{path}", content)).engines

    async def ask(self, chat_id: str, text: str) -> AsyncIterator[Event]:
        """The events of an answer as they come; closing the iterator stops the generation."""
        path = f"/api/chats/{segment(chat_id)}/messages"
        try:
            request = self._http.stream("POST", path, json={"text": text}, headers=self._headers, timeout=PATIENT)
            async with request as answer:
                if answer.is_error:
                    await answer.aread()
                    raise refused(answer)
                async for line in answer.aiter_lines():
                    if line.strip():
                        yield EVENT.validate_json(line)
        except (httpx.HTTPError, ValidationError) as error:
            raise AssistantAwayError from error
