"""The small pure pieces: redirects, wording, the address of a picture, the nonce."""

import httpx
import pytest

from webui.chat_messages import Sources
from webui.components.document_list import facts
from webui.components.passage import Place, flowing, of_passage
from webui.components.source_panel import picture_address, standing
from webui.components.sticks import told
from webui.headers import with_nonce
from webui.library_messages import Document, Import, Passage, Span
from webui.redirect import build_app
from webui.wording import count, day, size, status, what_was_read


@pytest.mark.parametrize(
    ("port", "url", "target"),
    [
        (443, "http://hearth.local/", "https://hearth.local/"),
        (443, "http://hearth.local:80/library?q=a%20b", "https://hearth.local/library?q=a%20b"),
        (8443, "http://192.168.1.20:8080/x", "https://192.168.1.20:8443/x"),
        (8443, "http://[fd00::1]/", "https://[fd00::1]:8443/"),
    ],
)
async def test_plain_http_leads_to_the_same_host_over_tls(port: int, url: str, target: str) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=build_app(port))) as browser:
        answer = await browser.get(url)

    assert (answer.status_code, answer.headers["location"]) == (307, target)


async def test_nothing_is_accepted_without_encryption() -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=build_app())) as browser:
        answer = await browser.post("http://hearth.local/login", data={"password": "x"})

    assert answer.status_code == 405


@pytest.mark.parametrize(
    ("size_bytes", "said"),
    [(0, "0 bytes"), (999, "999 bytes"), (2_300, "2 KB"), (1_400_000, "1.4 MB"), (230_000_000, "230 MB")],
)
def test_sizes_are_said_as_people_say_them(size_bytes: int, said: str) -> None:
    assert size(size_bytes) == said


def test_an_answer_says_what_it_was_made_from() -> None:
    full = Sources(retrieved=8, fitted=3, dropped=5, weaker=0, dropped_turns=2)
    both = Sources(retrieved=8, fitted=3, dropped=5, weaker=4)

    assert what_was_read(full) == (
        "8 passages found, 3 read by the model; 5 left out because the model reads no more at once. "
        "It did not read 2 earlier questions: there was no more room."
    )
    assert "; 4 left out because they fit the question far less, 1 left out because" in what_was_read(both)
    assert what_was_read(Sources(retrieved=8, fitted=3, dropped=5)).endswith("; 5 left out.")
    one = Sources(retrieved=1, fitted=1, dropped=0)
    assert what_was_read(one) == "1 passage found, 1 read by the model; none left out."
    assert "No passage" in what_was_read(Sources())


def test_days_and_counts_are_words() -> None:
    assert day("2026-11-20T10:00:00+00:00") == "20 November 2026"
    assert day("someday") == ""
    assert (count(1, "page"), count(2, "page")) == ("1 page", "2 pages")


def test_a_file_that_is_being_read_says_how_far() -> None:
    document = Document(
        id="d", name="a.pdf", shelf="private", media_type="application/pdf", size_bytes=1000, pages=0,
        status="reading", progress=0.4, added_at="2026-11-20T10:00:00Z",
    )  # fmt: skip

    assert status(document) == "Being read · 40%"
    assert facts(document) == "1 KB · added 20 November 2026"


def test_a_passages_place_is_its_best_sentence() -> None:
    best = Span(start=12, end=20, text="the best")
    passage = Passage(document_id="d", file="a.pdf", page=3, start=10, end=90, text="…", best=best)

    assert of_passage(passage) == Place(document_id="d", file="a.pdf", page=3, start=12, end=20, words="the best")


def test_a_picture_comes_from_our_own_host_whatever_the_document_is_called() -> None:
    place = Place(document_id="../x?y#z", file="f", page=2, start=5, end=9, words="w")

    assert picture_address(place).startswith("/api/documents/..%2Fx%3Fy%23z/pages/2/picture?")


def test_only_script_tags_get_the_nonce() -> None:
    page = with_nonce(b'<script>a</script><script type="module">b</script><scripture>', "N")

    assert page == b'<script nonce="N">a</script><script nonce="N" type="module">b</script><scripture>'


def test_a_sentence_that_the_page_broke_flows_and_a_list_keeps_its_lines() -> None:
    words = "the safety valve opens and\nwater drips.\n1. Switch it off.\n2. Wait."

    assert flowing(words) == "the safety valve opens and water drips.\n1. Switch it off.\n2. Wait."


def test_an_import_says_how_far_it_is() -> None:
    begun = Import(disk="STICK", total=0, done=0, is_running=True)

    assert told(begun) == "Looking through STICK."
    assert told(Import(disk="STICK", total=9, done=2, is_running=True)) == "2 of 9 files looked at on STICK."
    assert told(Import(disk="STICK", total=9, done=9)).endswith("on STICK; that was all that was asked for.")


@pytest.mark.parametrize(
    ("read", "marked"),
    [
        ("Fish. She hates milk.", "She hates milk."),
        ("Meat and fish. She hates milk. And water.", "She hates milk."),
        ("Fish. She loves milk.", ""),
        ("", ""),
    ],
    ids=["as it was", "moved", "changed", "emptied"],
)
def test_only_the_very_words_that_were_cited_are_marked_on_a_page_that_was_changed_since(
    read: str, marked: str
) -> None:
    where = Place(document_id="d", file="a.txt", page=1, start=6, end=21, words="She hates milk.")

    now = standing(where, read)

    assert (read[now.start : now.end], now.words) == (marked, where.words)
