"""Keys on the wire: made, listed and taken back by the person for whom they stand."""

from fastapi import APIRouter

from assistant.api.callers import CurrentPerson, PersonHere
from assistant.api.errors import documented
from assistant.api.models import Identifier, KeyAnswer, KeyRequest, KeysAnswer, NewKeyAnswer
from assistant.keys import Keys
from assistant.rights import Deed, refuse_unless


def router(keys: Keys) -> APIRouter:
    """The routes of keys; each reaches the person's own and no other."""
    routes = APIRouter(tags=["keys"])

    @routes.post("/api/keys", status_code=201, summary="Make a key", responses=documented(400, 401, 403, 409, 413, 422))
    async def create_key(given: KeyRequest, person: PersonHere) -> NewKeyAnswer:
        """A key for one program. `secret` is told now and never again; a key can't make further keys."""
        refuse_unless(person.role, Deed.USE_PROGRAMS)
        made = keys.create(person.id, given.name)
        return NewKeyAnswer(**KeyAnswer.model_validate(made.key).model_dump(), secret=made.secret)

    @routes.get("/api/keys", summary="List my keys", responses=documented(401, 409))
    async def list_keys(person: CurrentPerson) -> KeysAnswer:
        """The person's keys, newest first, each with its last use."""
        return KeysAnswer(keys=[KeyAnswer.model_validate(key) for key in keys.of(person.id)])

    @routes.delete(
        "/api/keys/{key_id}", status_code=204, summary="Take a key back", responses=documented(401, 403, 404, 409, 422)
    )
    async def revoke_key(key_id: Identifier, person: PersonHere) -> None:
        """The key opens nothing from now on."""
        keys.revoke(key_id, person.id)

    return routes
