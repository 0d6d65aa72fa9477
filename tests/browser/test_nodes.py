"""The page of nodes: their versions, having them updated, and questions that stay while the page is drawn anew."""

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import photograph
from tests.browser.test_in_use import enter
from tests.webui.fake_api.nodes import MESH, keeping, updated
from tests.webui.house import House

pytestmark = pytest.mark.browser


def changed(mesh: dict[str, Any], name: str, **report: Any) -> dict[str, Any]:
    """The mesh with something else in the report of one node."""
    nodes = [{**one, "report": {**one["report"], **report}} if one["name"] == name else one for one in mesh["nodes"]]
    return {**mesh, "nodes": nodes}


@pytest.mark.parametrize("look", ["desktop", "phone", "dark"])
def test_the_owner_has_every_box_updated_in_turns(house: House, chromium: Browser, look: str) -> None:
    page = enter(house, chromium, phone=look == "phone", dark=look == "dark")
    house.assistant.mesh.seen = keeping(MESH, "0.2.0")
    page.goto(f"{house.url}/nodes")
    part = page.get_by_role("region", name="Nodes of this mesh")
    kitchen = part.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Kitchen"))
    expect(kitchen.get_by_text("Hearth 0.1.0")).to_be_visible()
    expect(part.get_by_text("Hearth 0.1.0 · keeps the update to 0.2.0")).to_be_visible()
    expect(kitchen.get_by_role("button", name="Update Kitchen to 0.2.0")).to_be_visible()
    part.get_by_role("button", name="Update all boxes to 0.2.0").scroll_into_view_if_needed()
    photograph(page, f"nodes-update-{look}")

    part.get_by_role("button", name="Update all boxes to 0.2.0").click()
    expect(page.get_by_role("heading", name="Update 2 boxes to 0.2.0?")).to_be_visible()
    photograph(page, f"nodes-update-asked-{look}")
    page.get_by_role("button", name="Update", exact=True).click()

    expect(part.get_by_text("Is being updated to 0.2.0: it fetches it from the home node, 42%.")).to_be_visible()
    expect(kitchen.get_by_text("Waits for its turn to be updated.")).to_be_visible()
    expect(kitchen.get_by_role("button", name="Update Kitchen")).to_have_count(0)
    kitchen.scroll_into_view_if_needed()
    photograph(page, f"nodes-updating-{look}")

    expect(part.get_by_text("One box waits for its turn, and can be left as it is.")).to_be_visible()
    part.get_by_role("button", name="Stop updating").click()
    expect(kitchen.get_by_text("Waits for its turn to be updated.")).to_have_count(0)
    expect(kitchen.get_by_role("button", name="Update Kitchen to 0.2.0")).to_be_visible()
    expect(part.get_by_text("Is being updated to 0.2.0: it fetches it from the home node, 42%.")).to_be_visible()
    expect(part.get_by_role("button", name="Stop updating")).to_have_count(0)


def test_a_box_that_came_back_with_the_old_version_says_so_and_may_be_tried_again(
    house: House, chromium: Browser
) -> None:
    page = enter(house, chromium)
    house.assistant.mesh.seen = keeping(changed(MESH, "Kitchen", failed_update="0.2.0"), "0.2.0")
    page.goto(f"{house.url}/nodes")
    kitchen = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Kitchen"))

    expect(kitchen.get_by_text("0.2.0 did not work there; it runs 0.1.0 again.")).to_be_visible()
    photograph(page, "nodes-update-failed")
    kitchen.get_by_role("button", name="Update Kitchen to 0.2.0").click()
    page.get_by_role("button", name="Update", exact=True).click()

    expect(kitchen.get_by_text("Is being updated to 0.2.0")).to_be_visible()
    assert house.assistant.mesh.seen == updated(
        keeping(changed(MESH, "Kitchen", failed_update="0.2.0"), "0.2.0"), ["d" * 26]
    )


def test_a_question_stays_while_its_row_is_drawn_anew(house: House, chromium: Browser) -> None:
    page = enter(house, chromium)
    page.goto(f"{house.url}/nodes")
    kitchen = page.get_by_role("listitem").filter(has=page.get_by_role("heading", name="Kitchen"))
    kitchen.get_by_role("button", name="Remove Kitchen").click()
    expect(page.get_by_role("heading", name="Remove “Kitchen”?")).to_be_visible()

    house.assistant.mesh.seen = changed(house.assistant.mesh.seen, "Kitchen", version="0.1.5")
    expect(page.get_by_text("Hearth 0.1.5")).to_be_attached(timeout=10_000)

    page.get_by_role("button", name="Remove it").click(timeout=5_000)
    expect(kitchen).to_have_count(0)
