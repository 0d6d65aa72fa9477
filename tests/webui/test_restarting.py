"""The page before a restart is shown to who is signed in, and only where a version waits."""

from tests.webui.house import House


def test_it_names_the_version_that_starts_and_the_one_that_would_come_back(house: House) -> None:
    visitor = house.visitor(house.assistant.claim())
    house.assistant.updates |= {"waiting": "0.2.0"}

    page = visitor.get("/restart")

    assert page.status_code == 200
    assert "Start version 0.2.0?" in page.text
    assert "version 0.1.0 comes back by" in page.text
    assert "script-src 'self';" in page.headers["content-security-policy"]
    assert house.assistant.restarts == 0


def test_where_nothing_waits_or_something_is_being_installed_it_leads_back(house: House) -> None:
    visitor = house.visitor(house.assistant.claim())

    for state in ({}, {"waiting": "0.2.0", "going": {"what": "installing", "share": 0.5}}):
        house.assistant.updates |= state
        answer = visitor.get("/restart")
        assert (answer.status_code, answer.headers["location"]) == (303, "/system")


def test_a_stranger_is_led_to_the_sign_in_form(house: House) -> None:
    house.assistant.claim()

    answer = house.visitor().get("/restart")

    assert (answer.status_code, answer.headers["location"]) == (303, "/login")
