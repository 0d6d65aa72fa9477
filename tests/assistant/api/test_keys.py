"""Keys over the API: a program with a key sees what its person sees, and can't make itself at home."""

import httpx

from tests.assistant.api.box import Box, put, refusal


async def key_of(person: httpx.AsyncClient, name: str = "editor") -> str:
    answer = await person.post("/api/keys", json={"name": name})
    assert answer.status_code == 201
    return str(answer.json()["secret"])


async def test_a_key_opens_the_api_in_either_header(box: Box) -> None:
    secret = await key_of(await box.claimed())

    bearer = await box.caller().get("/api/me", headers={"Authorization": f"Bearer {secret}"})
    header = await box.caller().get("/api/me", headers={"x-api-key": secret})

    assert bearer.json()["name"] == header.json()["name"] == "Ada"


async def test_a_key_sees_its_persons_shelves_and_no_others(box: Box) -> None:
    ada = await box.claimed()
    bob = box.other_person()
    hers = await put(ada, "The harbour lamp is green.")
    everybodys = await put(ada, "The tide turns at noon.", shelf="household")
    program = box.caller(await key_of(bob))

    listed = {document["id"] for document in (await program.get("/api/documents")).json()["documents"]}
    found = (await program.get("/api/search", params={"q": "harbour lamp green"})).json()["passages"]

    assert listed == {everybodys}
    assert refusal(await program.get(f"/api/documents/{hers}")) == (404, "document_not_found")
    assert hers not in {passage["document_id"] for passage in found}


async def test_the_secret_is_told_once_and_the_list_has_only_its_beginning(box: Box) -> None:
    ada = await box.claimed()
    secret = await key_of(ada)

    listed = await ada.get("/api/keys")

    assert secret not in listed.text
    (key,) = listed.json()["keys"]
    assert secret.startswith(key["beginning"])
    assert key["used_at"] is None


async def test_a_key_taken_back_is_a_stranger(box: Box) -> None:
    ada = await box.claimed()
    secret = await key_of(ada)
    (key,) = (await ada.get("/api/keys")).json()["keys"]

    assert (await ada.delete(f"/api/keys/{key['id']}")).status_code == 204

    assert refusal(await box.caller(secret).get("/api/me")) == (401, "unknown_caller")
    assert refusal(await ada.delete(f"/api/keys/{key['id']}")) == (404, "key_not_found")


async def test_a_key_can_neither_make_nor_take_back_keys_nor_end_sessions(box: Box) -> None:
    ada = await box.claimed()
    program = box.caller(await key_of(ada))
    (key,) = (await ada.get("/api/keys")).json()["keys"]

    for answer in (
        await program.post("/api/keys", json={"name": "another"}),
        await program.delete(f"/api/keys/{key['id']}"),
        await program.get("/api/sessions"),
        await program.delete("/api/sessions/s1"),
    ):
        assert refusal(answer) == (403, "needs_the_person")


async def test_guessing_keys_is_slowed_by_address_and_a_right_key_still_passes(box: Box) -> None:
    secret = await key_of(await box.claimed())
    guesser = {"X-Hearth-Client": "10.0.0.9", "x-api-key": "sk-hearth-guess"}

    statuses = [(await box.caller().get("/api/me", headers=guesser)).status_code for _ in range(25)]
    slowed = await box.caller().get("/v1/models", headers=guesser)
    right = await box.caller().get("/api/me", headers={**guesser, "x-api-key": secret})
    elsewhere = await box.caller().get("/api/me", headers={**guesser, "X-Hearth-Client": "10.0.0.8"})

    assert statuses[0] == 401
    assert slowed.status_code == 429
    assert int(slowed.headers["Retry-After"]) >= 1
    assert slowed.json()["error"]["type"] == "rate_limit_error"
    assert right.status_code == 200
    assert elsewhere.status_code == 401


async def test_a_person_who_is_gone_takes_the_keys_along(box: Box) -> None:
    bob = box.other_person()
    secret = await key_of(bob)

    with box.database.transaction() as connection:
        connection.execute("DELETE FROM people WHERE id = 'bob'")

    assert (await box.caller(secret).get("/api/me")).status_code == 401
