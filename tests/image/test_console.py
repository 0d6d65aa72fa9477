"""What is read off a guest's serial line."""

from image.console import dead_end, fingerprint, join_link, join_words, last_line, plain, report, setup_code, tripped
from services.console_layout import report as screen
from services.console_state import Offer, ScreenState
from tests.services.test_console import LAN


def test_escape_sequences_show_nothing() -> None:
    assert plain("\x1b[0;1;32m  OK  \x1b[0m] Started\x1b]8;;x\x07 it\x1b(B.\r\n") == "  OK  ] Started it.\n"


def test_the_last_line_is_the_last_with_something_on_it() -> None:
    assert last_line("first\n\x1b[1mAddress\x1b[0m\n \r\n") == "Address"


def test_nothing_was_said_yet() -> None:
    assert last_line("") == ""
    assert setup_code("") is None
    assert fingerprint("") is None
    assert report("") is None


def test_a_system_that_gave_up_is_recognised() -> None:
    assert dead_end("[  363.4] systemd[1]: Freezing execution.\r\n") == "[  363.4] systemd[1]: Freezing execution."
    assert dead_end("Welcome to Hearth\n") is None


def test_a_core_that_tripped_is_seen() -> None:
    assert tripped("[    5.176086] Oops: int3: 0000 [#1] PREEMPT SMP NOPTI\r\n")
    assert not tripped("[    5.176086] Oops: general protection fault: 0000 [#1] PREEMPT SMP NOPTI\r\n")


def test_the_set_up_code_is_the_one_shown_last() -> None:
    console = "Set-up code: ABCD-2345\r\nAddress: https://hearth.local/\r\nSet-up code: WXYZ-6789\r\n"

    assert setup_code(console) == "WXYZ-6789"


def test_how_a_new_box_joins_is_read_from_what_it_really_shows() -> None:
    link = "https://169.254.7.7/nodes?invite=0123456789abcdefghjkmnpqrs"
    words = ("accordion", "blackberry", "caterpillar", "dragonfly")
    offered = ScreenState(setup_code="ABCD-2345", network=LAN, offer=Offer(home="hearth-8czm", link=link))
    waiting = ScreenState(setup_code="ABCD-2345", network=LAN, offer=Offer(home="hearth-8czm", words=words))

    assert join_link(screen(offered)) == link
    assert join_link(screen(waiting)) is None
    assert join_words(screen(waiting)) == list(words)
    assert join_words(screen(offered)) is None


def test_a_code_that_is_still_being_printed_is_not_read() -> None:
    assert setup_code("Set-up code: ABCD-2") is None


def test_the_fingerprint_is_read_as_far_as_it_is_shown() -> None:
    assert fingerprint("Fingerprint: 29:0D:96:02:AC:18:1B:A2\r\nThe browser warns") == "29:0D:96:02:AC:18:1B:A2"


def test_the_report_is_read_from_its_line() -> None:
    told = report(
        'noise\r\nHEARTH-REPORT {"state": "running", "failed": ["a.service"], "listening": ["tcp/443"], '
        '"exposure": {"hearth-web": 1.9}, "startup": "in 60s", "slowest": ["9s a.service"]}\r\nmore'
    )

    assert told is not None
    assert told.failed == ("a.service",)
    assert told.listening == ("tcp/443",)
    assert told.exposure == {"hearth-web": 1.9}
    assert told.slowest == ("9s a.service",)


def test_a_half_written_report_is_not_one() -> None:
    assert report('HEARTH-REPORT {"state": "run') is None


def test_half_a_code_is_no_code() -> None:
    assert setup_code("Set-up code: ABCD-23") is None
    assert setup_code("Set-up code: ABCD-2345\r\n") == "ABCD-2345"
