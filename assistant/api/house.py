"""The household on the wire: who lives here, who is asked in, and how one is let go."""

from typing import Literal

from fastapi import APIRouter

from assistant.api.callers import CurrentCaller, CurrentPerson, OwnerHere, PersonHere
from assistant.api.errors import documented
from assistant.api.household_wire import (
    GoodbyeRequest,
    InvitationAnswer,
    InvitationsAnswer,
    InviteRequest,
    MeAnswer,
    NewInvitationAnswer,
    NewPersonRequest,
    PasswordRequest,
    PeopleAnswer,
    RoleRequest,
)
from assistant.api.models import Identifier, PersonAnswer
from assistant.farewell import Farewell
from assistant.household_errors import NotAllowedError
from assistant.identifiers import PersonId
from assistant.invitations import Invitation, Invitations
from assistant.people import People
from assistant.rights import deeds_of


def router(*, people: People, invitations: Invitations, farewell: Farewell) -> APIRouter:
    """The routes of people about themselves, and of the owner about everybody."""
    routes = APIRouter(tags=["people"])
    _oneself(routes, people, invitations)
    _everybody(routes, people, invitations, farewell)
    _invitations(routes, invitations)
    return routes


def _oneself(routes: APIRouter, people: People, invitations: Invitations) -> None:
    @routes.get("/api/me", summary="Who I am", responses=documented(401, 409))
    async def me(person: CurrentPerson) -> MeAnswer:
        """The person for whom this request speaks, and what they may do beyond what everybody may."""
        return MeAnswer(
            **PersonAnswer.model_validate(person).model_dump(),
            may=sorted(deeds_of(person.role)),
            password_reset_at=invitations.was_reset_at(person.id),
        )

    @routes.post(
        "/api/me/password",
        status_code=204,
        summary="Change my password",
        responses=documented(400, 401, 403, 409, 413, 422),
    )
    async def change_password(given: PasswordRequest, caller: CurrentCaller, person: PersonHere) -> None:
        """A new password, by the old one; every other session of the person ends, keys stay."""
        await people.change_password(person, old=given.old, new=given.new)
        people.sign_out_everywhere(person.id, but=caller.session.id if caller.session else "")
        invitations.reset_is_known(person.id)

    @routes.delete(
        "/api/me/password-reset",
        status_code=204,
        summary="I know that my password was reset",
        responses=documented(401, 403, 409),
    )
    async def reset_is_known(person: PersonHere) -> None:
        """`password_reset_at` is null from now on."""
        invitations.reset_is_known(person.id)


def _everybody(routes: APIRouter, people: People, invitations: Invitations, farewell: Farewell) -> None:
    @routes.get("/api/people", summary="Who lives here", responses=documented(401, 409))
    async def list_people(_person: CurrentPerson) -> PeopleAnswer:
        """Everybody's name and role, the owner first."""
        return PeopleAnswer(people=[PersonAnswer.model_validate(person) for person in people.all()])

    @routes.post(
        "/api/people", status_code=201, summary="Add a person", responses=documented(400, 401, 403, 409, 413, 422)
    )
    async def add_person(given: NewPersonRequest, _owner: OwnerHere) -> PersonAnswer:
        """Let somebody live here, with a password that the owner chose; they can change it."""
        return PersonAnswer.model_validate(await people.add(name=given.name, password=given.password, role=given.role))

    @routes.put(
        "/api/people/{person_id}/role",
        summary="Make somebody an adult or a child",
        responses=documented(400, 401, 403, 404, 409, 413, 422),
    )
    async def set_role(person_id: Identifier, given: RoleRequest, _owner: OwnerHere) -> PersonAnswer:
        """From an adult who becomes a child, the keys are taken back."""
        return PersonAnswer.model_validate(people.set_role(PersonId(person_id), given.role))

    @routes.post(
        "/api/people/{person_id}/reset",
        status_code=201,
        summary="Let somebody choose a new password",
        responses=documented(401, 403, 404, 409, 422),
    )
    async def reset_password(person_id: Identifier, _owner: OwnerHere) -> NewInvitationAnswer:
        """A code by which that person sets a new password; they are told of it afterwards, whoever used it."""
        return _new(*invitations.reset(PersonId(person_id)))

    @routes.delete(
        "/api/people/{person_id}",
        status_code=204,
        summary="Delete a person",
        responses=documented(400, 401, 403, 404, 409, 413, 422),
    )
    async def delete_person(person_id: Identifier, given: GoodbyeRequest, person: PersonHere) -> None:
        """Delete a person with all that is theirs: the owner anybody, an adult themselves; with the own password."""
        if person.role != "owner" and (person.id != person_id or person.role == "child"):
            message = "Only the owner deletes other people, and children. Ask the owner."
            raise NotAllowedError(message)
        await people.confirm(person.id, given.password)
        await farewell.say(PersonId(person_id))


def _invitations(routes: APIRouter, invitations: Invitations) -> None:
    @routes.post(
        "/api/invitations",
        status_code=201,
        summary="Invite somebody",
        responses=documented(400, 401, 403, 409, 413, 422),
    )
    async def invite(given: InviteRequest, _owner: OwnerHere) -> NewInvitationAnswer:
        """A code that lets one person in within seven days. It is told now and never again."""
        return _new(*invitations.invite(given.role))

    @routes.get("/api/invitations", summary="Open invitations", responses=documented(401, 403, 409))
    async def list_invitations(_owner: OwnerHere) -> InvitationsAnswer:
        """Every code that can still be used, without the code itself."""
        return InvitationsAnswer(invitations=[_told(one) for one in invitations.open()])

    @routes.delete(
        "/api/invitations/{invitation_id}",
        status_code=204,
        summary="Take an invitation back",
        responses=documented(401, 403, 404, 409, 422),
    )
    async def take_back(invitation_id: Identifier, _owner: OwnerHere) -> None:
        """The code opens nothing from now on."""
        invitations.take_back(invitation_id)


def _told(invitation: Invitation) -> InvitationAnswer:
    return InvitationAnswer(
        id=invitation.id,
        kind=_kind(invitation),
        role=invitation.role,
        person_id=invitation.person_id,
        expires_at=invitation.expires_at,
    )


def _new(invitation: Invitation, code: str) -> NewInvitationAnswer:
    return NewInvitationAnswer(**_told(invitation).model_dump(), code=code)


def _kind(invitation: Invitation) -> Literal["join", "password"]:
    return "join" if invitation.person_id is None else "password"
