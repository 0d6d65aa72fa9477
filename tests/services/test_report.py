"""The test boot's report reads the kernel's tables and systemd's figures as they are written."""

from pathlib import Path

from services.run_report import exposures, listening, services

HEAD = "  sl  local_address rem_address   st tx_queue rx_queue\n"


def test_only_ports_that_others_can_reach_are_listed(tmp_path: Path) -> None:
    (tmp_path / "tcp").write_text(
        HEAD
        + "   0: 00000000:01BB 00000000:0000 0A 0:0\n"  # 0.0.0.0:443 listens
        + "   1: 0100007F:1F90 00000000:0000 0A 0:0\n"  # 127.0.0.1:8080 listens
        + "   2: 0F02000A:01BB 0202000A:D431 01 0:0\n"  # an open connection
    )
    (tmp_path / "tcp6").write_text(
        HEAD
        + "   0: 00000000000000000000000000000000:0050 0:0000 0A 0:0\n"
        + "   1: 00000000000000000000000001000000:0277 0:0000 0A 0:0\n"  # [::1]:631
    )
    (tmp_path / "udp").write_text(HEAD + "   0: 00000000:14E9 00000000:0000 07 0:0\n")
    (tmp_path / "udp6").write_text(HEAD)

    assert listening(tmp_path) == ["tcp/443", "tcp/80", "udp/5353"]


def test_the_exposure_of_each_unit_is_read_from_systemds_words() -> None:
    said = (
        "…\n→ Overall exposure level for hearth-web.service: 1.2 OK 🙂\n"
        "…\n-> Overall exposure level for hearth-mesh.service: 0.2 SAFE :-}\n"
    )

    assert exposures(said) == {"hearth-web": 1.2, "hearth-mesh": 0.2}


def test_a_unit_that_systemd_does_not_know_has_no_exposure() -> None:
    assert exposures("Unit nothing.service could not be found.\n") == {}


def test_only_services_are_told_with_their_seconds() -> None:
    blame = "50.2s dev-ttyS0.device\n1min 2.1s hearth-assistant.service\n 320ms dbus-broker.service"

    assert services(blame) == ["1min 2.1s hearth-assistant.service", "320ms dbus-broker.service"]
