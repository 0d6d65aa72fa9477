"""A household through the API: people come, are told what they may do, share shelves, forget passwords and go."""

from collections.abc import Awaitable, Callable

import httpx
import pytest

from assistant.rights import CHILD_MAY_NOT, Deed, Role, deeds_of
from tests.assistant.api.box import PASSWORD, Box, put, refusal

Join = Callable[[str, str], Awaitable[httpx.AsyncClient]]
OTHER_PASSWORD = "a cold wind in autumn"


@pytest.fixture
async def ada(box: Box) -> httpx.AsyncClient:
    return await box.claimed()


@pytest.fixture
def join(box: Box, ada: httpx.AsyncClient) -> Join:
    """Somebody who comes with an invitation of Ada's."""

    async def joined(name: str, role: str = "adult") -> httpx.AsyncClient:
        code = (await ada.post("/api/invitations", json={"role": role})).json()["code"]
        answer = await box.caller().post("/api/join", json={"code": code, "name": name, "password": OTHER_PASSWORD})
        assert answer.status_code == 201, answer.text
        return box.caller(answer.json()["session"])

    return joined


async def person_id(caller: httpx.AsyncClient) -> str:
    return str((await caller.get("/api/me")).json()["id"])


async def test_somebody_joins_by_a_code_that_works_once(box: Box, ada: httpx.AsyncClient, join: Join) -> None:
    made = (await ada.post("/api/invitations", json={})).json()
    listed = (await ada.get("/api/invitations")).json()["invitations"]

    first = await box.caller().post("/api/join", json={"code": made["code"], "name": "Ben", "password": OTHER_PASSWORD})
    second = await box.caller().post("/api/join", json={"code": made["code"], "name": "Cy", "password": OTHER_PASSWORD})

    assert [one["id"] for one in listed] == [made["id"]]
    assert "code" not in listed[0]
    assert first.json()["person"]["role"] == "adult"
    assert refusal(second) == (403, "wrong_invitation")
    assert (await ada.get("/api/invitations")).json()["invitations"] == []
    assert [one["name"] for one in (await ada.get("/api/people")).json()["people"]] == ["Ada", "Ben"]


async def test_a_code_is_not_used_up_by_a_name_or_password_that_does_not_fit(box: Box, ada: httpx.AsyncClient) -> None:
    code = (await ada.post("/api/invitations", json={})).json()["code"]
    tries = [("ADA", OTHER_PASSWORD, "name_taken"), ("Ben", "short", "weak_password"), (" ", PASSWORD, "unfit_name")]

    for name, password, problem in tries:
        answer = await box.caller().post("/api/join", json={"code": code, "name": name, "password": password})
        assert refusal(answer)[1] == problem

    lower = {"code": code.lower().replace("-", " "), "name": "Ben", "password": OTHER_PASSWORD}
    assert (await box.caller().post("/api/join", json=lower)).status_code == 201


async def test_a_code_expires_and_can_be_taken_back(box: Box, ada: httpx.AsyncClient) -> None:
    old, taken = [(await ada.post("/api/invitations", json={})).json() for _ in range(2)]
    assert (await ada.delete(f"/api/invitations/{taken['id']}")).status_code == 204

    gone = await box.caller().post("/api/join", json={"code": taken["code"], "name": "B", "password": OTHER_PASSWORD})
    box.clock.advance(days=7, seconds=1)
    late = await box.caller().post("/api/join", json={"code": old["code"], "name": "B", "password": OTHER_PASSWORD})

    assert refusal(gone) == refusal(late) == (403, "wrong_invitation")


async def test_guessing_codes_is_slowed(box: Box, ada: httpx.AsyncClient) -> None:
    guess = {"code": "ABCD-EFGH-JKMN", "name": "Eve", "password": OTHER_PASSWORD}

    answers = [await box.caller().post("/api/join", json=guess) for _ in range(7)]

    assert [answer.status_code for answer in answers] == [403] * 5 + [429] * 2
    assert answers[-1].headers["Retry-After"]


async def test_a_code_for_a_new_password_lets_nobody_join_and_the_other_way_round(
    box: Box, ada: httpx.AsyncClient, join: Join
) -> None:
    ben = await join("Ben", "adult")
    reset = (await ada.post(f"/api/people/{await person_id(ben)}/reset")).json()
    invitation = (await ada.post("/api/invitations", json={})).json()

    joined = await box.caller().post(
        "/api/join", json={"code": reset["code"], "name": "Eve", "password": OTHER_PASSWORD}
    )
    changed = await box.caller().post("/api/new-password", json={"code": invitation["code"], "password": PASSWORD})

    assert refusal(joined) == refusal(changed) == (403, "wrong_invitation")


async def test_a_forgotten_password_is_set_anew_by_a_code_and_its_person_is_told(
    box: Box, ada: httpx.AsyncClient, join: Join
) -> None:
    ben = await join("Ben", "adult")
    code = (await ada.post(f"/api/people/{await person_id(ben)}/reset")).json()["code"]

    answer = await box.caller().post("/api/new-password", json={"code": code, "password": "a new one for Ben"})

    again = box.caller(answer.json()["session"])
    assert refusal(await ben.get("/api/me")) == (401, "unknown_caller")
    assert (await again.get("/api/me")).json()["password_reset_at"] is not None
    assert (await again.delete("/api/me/password-reset")).status_code == 204
    assert (await again.get("/api/me")).json()["password_reset_at"] is None
    old = await box.caller().post("/api/login", json={"name": "Ben", "password": OTHER_PASSWORD})
    new = await box.caller().post("/api/login", json={"name": "Ben", "password": "a new one for Ben"})
    assert (old.status_code, new.status_code) == (401, 200)


async def test_the_owner_who_resets_a_password_still_reads_nothing_private(ada: httpx.AsyncClient, join: Join) -> None:
    ben = await join("Ben", "adult")
    secret = await put(ben, "Ben hides the chocolate behind the encyclopedia.")

    await ada.post(f"/api/people/{await person_id(ben)}/reset")

    assert refusal(await ada.get(f"/api/documents/{secret}")) == (404, "document_not_found")
    assert (await ada.get("/api/search", params={"q": "chocolate encyclopedia"})).json()["passages"] == []
    assert (await ada.get("/api/documents")).json()["documents"] == []


async def test_a_password_is_changed_by_the_old_one_and_other_devices_are_signed_out(
    box: Box, ada: httpx.AsyncClient
) -> None:
    elsewhere = await box.caller().post("/api/login", json={"name": "Ada", "password": PASSWORD})
    other = box.caller(elsewhere.json()["session"])

    wrong = await ada.post("/api/me/password", json={"old": "no", "new": OTHER_PASSWORD})
    right = await ada.post("/api/me/password", json={"old": PASSWORD, "new": OTHER_PASSWORD})

    assert refusal(wrong) == (403, "wrong_password")
    assert right.status_code == 204
    assert (await ada.get("/api/me")).status_code == 200
    assert refusal(await other.get("/api/me")) == (401, "unknown_caller")
    assert (await box.caller().post("/api/login", json={"name": "Ada", "password": OTHER_PASSWORD})).is_success


async def test_the_list_of_what_a_child_may_not_do_is_whole() -> None:
    roles: tuple[Role, ...] = ("owner", "adult", "child")

    assert set(CHILD_MAY_NOT) == set(Deed)
    assert deeds_of("child") == frozenset()
    assert deeds_of(roles[0]) > deeds_of(roles[1])


async def test_a_child_uses_its_own_shelf_and_reads_the_households(ada: httpx.AsyncClient, join: Join) -> None:
    kim = await join("Kim", "child")
    shared = await put(ada, "The dog is called Rex.", "dog.txt", shelf="household")

    own = await put(kim, "My tooth fell out on Monday.", "diary.txt")

    assert (await kim.get(f"/api/documents/{shared}")).json()["may_change"] is False
    assert (await kim.get(f"/api/documents/{own}")).json()["may_change"] is True
    assert (await kim.get("/api/search", params={"q": "dog called Rex"})).json()["passages"]
    assert (await kim.get("/api/me")).json()["may"] == []


async def test_a_child_is_refused_what_the_list_says(ada: httpx.AsyncClient, join: Join) -> None:
    kim = await join("Kim", "child")
    me = await person_id(kim)
    shared = await put(ada, "The dog is called Rex.", "dog.txt", shelf="household")

    for answer in (
        await kim.put("/api/documents", params={"name": "a.txt", "shelf": "household"}, content=b"a"),
        await kim.delete(f"/api/documents/{shared}"),
        await kim.patch(f"/api/documents/{shared}", json={"name": "b.txt"}),
        await kim.post(f"/api/documents/{shared}/retry"),
        await kim.post("/api/shelves", json={"name": "Mine"}),
        await kim.post("/api/shelves", json={"name": "Ours", "kind": "household"}),
        await kim.patch(f"/api/shelves/private-{me}", json={"readers": []}),
        await kim.post("/api/keys", json={"name": "game"}),
        await kim.post("/api/invitations", json={}),
        await kim.get("/api/invitations"),
        await kim.post("/api/people", json={"name": "Pal", "password": PASSWORD, "role": "child"}),
        await kim.put(f"/api/people/{me}/role", json={"role": "adult"}),
        await kim.request("DELETE", f"/api/people/{me}", json={"password": OTHER_PASSWORD}),
    ):
        assert refusal(answer) == (403, "not_allowed"), answer.request.url


async def test_an_adult_who_becomes_a_child_loses_the_keys(box: Box, ada: httpx.AsyncClient, join: Join) -> None:
    ben = await join("Ben", "adult")
    program = box.caller((await ben.post("/api/keys", json={"name": "editor"})).json()["secret"])
    assert (await program.get("/api/documents")).status_code == 200

    await ada.put(f"/api/people/{await person_id(ben)}/role", json={"role": "child"})

    assert refusal(await program.get("/api/documents")) == (401, "unknown_caller")


async def test_a_shelf_is_shared_with_some_who_read_and_change_nothing(ada: httpx.AsyncClient, join: Join) -> None:
    ben, cy = await join("Ben", "adult"), await join("Cy", "adult")
    shelf = (await ada.post("/api/shelves", json={"name": "Taxes"})).json()
    document = await put(ada, "The tax number is 4711.", "tax.txt", shelf=shelf["id"])
    assert refusal(await ben.get(f"/api/documents/{document}")) == (404, "document_not_found")

    shared = await ada.patch(f"/api/shelves/{shelf['id']}", json={"readers": [await person_id(ben)]})

    assert shared.json()["readers"] == [await person_id(ben)]
    assert (await ben.get("/api/search", params={"q": "tax number"})).json()["passages"][0]["document_id"] == document
    seen = {one["name"]: one for one in (await ben.get("/api/shelves")).json()["shelves"]}["Taxes"]
    assert (seen["may_change"], seen["readers"]) == (False, [])
    assert refusal(await ben.delete(f"/api/documents/{document}")) == (403, "not_allowed")
    taken = await ben.put("/api/documents", params={"name": "x", "shelf": shelf["id"]}, content=b"x")
    assert refusal(taken) == (403, "not_allowed")
    assert refusal(await ben.patch(f"/api/shelves/{shelf['id']}", json={"name": "Mine"})) == (403, "not_allowed")
    assert refusal(await cy.get(f"/api/documents/{document}")) == (404, "document_not_found")
    assert refusal(await cy.patch(f"/api/shelves/{shelf['id']}", json={"name": "Mine"})) == (404, "shelf_not_found")

    await ada.patch(f"/api/shelves/{shelf['id']}", json={"readers": []})
    assert refusal(await ben.get(f"/api/documents/{document}")) == (404, "document_not_found")


async def test_first_shelves_stay_and_names_are_told_apart(ada: httpx.AsyncClient) -> None:
    made = (await ada.post("/api/shelves", json={"name": "Taxes"})).json()
    document = await put(ada, "One page.", "a.txt", shelf=made["id"])

    assert refusal(await ada.post("/api/shelves", json={"name": "taxes"})) == (422, "unfit_name")
    assert refusal(await ada.delete("/api/shelves/household")) == (409, "kept_shelf")
    assert refusal(await ada.patch("/api/shelves/household", json={"name": "x"})) == (409, "kept_shelf")
    assert (await ada.delete(f"/api/shelves/{made['id']}")).status_code == 204
    assert refusal(await ada.get(f"/api/documents/{document}")) == (404, "document_not_found")
    assert [one["id"] for one in (await ada.get("/api/shelves")).json()["shelves"]] == [
        f"private-{await person_id(ada)}",
        "household",
    ]


async def test_a_deleted_person_leaves_nothing_but_what_is_the_households(
    box: Box, ada: httpx.AsyncClient, join: Join
) -> None:
    ben = await join("Ben", "adult")
    bens_id = await person_id(ben)
    program = box.caller((await ben.post("/api/keys", json={"name": "editor"})).json()["secret"])
    private = await put(ben, "Ben's secret garden.", "garden.txt")
    shared = await put(ben, "The bus leaves at nine.", "bus.txt", shelf="household")
    await ben.post("/api/chats")

    wrong = await ada.request("DELETE", f"/api/people/{bens_id}", json={"password": "guessed"})
    gone = await ada.request("DELETE", f"/api/people/{bens_id}", json={"password": PASSWORD})

    assert refusal(wrong) == (403, "wrong_password")
    assert gone.status_code == 204
    for caller in (ben, program):
        assert refusal(await caller.get("/api/documents")) == (401, "unknown_caller")
    with box.database.reading() as connection:
        for table in ("chats", "keys", "sessions", "shelves", "invitations", "password_resets"):
            rows = connection.execute(f"SELECT * FROM {table} WHERE person_id = ?", (bens_id,)).fetchall()  # noqa: S608
            assert not rows, table
    assert [one["id"] for one in (await ada.get("/api/documents")).json()["documents"]] == [shared]
    assert private not in {document.id for document in box.library.documents([f"private-{bens_id}"])}  # type: ignore[list-item]
    me = await person_id(ada)
    last = await ada.request("DELETE", f"/api/people/{me}", json={"password": PASSWORD})
    assert refusal(last) == (403, "not_allowed")


async def test_a_key_reaches_neither_people_nor_shelves_nor_passwords(box: Box, ada: httpx.AsyncClient) -> None:
    program = box.caller((await ada.post("/api/keys", json={"name": "editor"})).json()["secret"])

    for answer in (
        await program.post("/api/me/password", json={"old": PASSWORD, "new": OTHER_PASSWORD}),
        await program.post("/api/invitations", json={}),
        await program.post("/api/people", json={"name": "Eve", "password": PASSWORD, "role": "adult"}),
        await program.post("/api/shelves", json={"name": "Taxes"}),
        await program.request("DELETE", f"/api/people/{await person_id(ada)}", json={"password": PASSWORD}),
    ):
        assert refusal(answer) == (403, "needs_the_person")
