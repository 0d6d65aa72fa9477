"""Owns who this node is: its key, its certificate, and the device that both were made for."""

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NewType

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID

from firmware.durable import clear_unfinished, make_folder, write_durably
from mesh.errors import IdentityCopiedError, IdentityDamagedError

NodeId = NewType("NodeId", str)

KEY, CERTIFICATE, RECORD = "node.key", "node.crt", "node.json"
NODE_ID_BYTES = 16
VALID_FOR = timedelta(days=20 * 365)  # peers pin the key; the certificate is only its envelope
CLOCK_TOLERANCE = timedelta(days=2)  # a PC with an empty battery begins with a wrong clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """One node, as it will prove itself to others."""

    node_id: NodeId
    """26 characters of a to z and 2 to 7: the first half of the fingerprint in base 32."""
    fingerprint: str
    """SHA-256 over the public key (SubjectPublicKeyInfo, DER) in hex: it stays when a certificate is renewed."""
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def open_identity(folder: Path, device_id: str, now: datetime | None = None) -> Identity:
    """The identity kept in `folder`, made on the first call; it counts as made once its record is written.

    Raises IdentityCopiedError where it was made for another device than `device_id`, and IdentityDamagedError where
    its files do not belong together.
    """
    make_folder(folder, 0o700)
    clear_unfinished(folder)
    if not (folder / RECORD).exists():
        _make(folder, device_id, now or datetime.now(UTC))
    return _load(folder, device_id)


def fingerprint_of(public_key: ec.EllipticCurvePublicKey) -> str:
    """The SHA-256 of a public key in hex. Source: RFC 7469, section 2.4, in hex instead of base 64."""
    digest = hashes.Hash(hashes.SHA256())
    digest.update(public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    return digest.finalize().hex()


def node_id_of(fingerprint: str) -> NodeId:
    """The node's name for machines: short enough for a DNS label, too long to be made to collide."""
    start = bytes.fromhex(fingerprint)[:NODE_ID_BYTES]
    return NodeId(base64.b32encode(start).decode("ascii").rstrip("=").lower())


def _make(folder: Path, device_id: str, now: datetime) -> None:
    """A key nobody has seen yet may be thrown away: what a power cut left without a record is made again."""
    key = ec.generate_private_key(ec.SECP256R1())
    fingerprint = fingerprint_of(key.public_key())
    record = {"node_id": node_id_of(fingerprint), "device_id": device_id, "created_at": now.isoformat()}
    write_durably(folder / KEY, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)
    certificate = _certificate(key, node_id_of(fingerprint), now)
    write_durably(folder / CERTIFICATE, certificate.public_bytes(Encoding.PEM), 0o600)
    write_durably(folder / RECORD, (json.dumps(record, indent=2) + "\n").encode(), 0o600)


def _load(folder: Path, device_id: str) -> Identity:
    try:
        record = json.loads((folder / RECORD).read_bytes())
        made_for = record["device_id"]
        key = load_pem_private_key((folder / KEY).read_bytes(), password=None)
        certificate = x509.load_pem_x509_certificate((folder / CERTIFICATE).read_bytes())
        node_id = record["node_id"]
    except (FileNotFoundError, ValueError, KeyError, TypeError) as problem:
        raise IdentityDamagedError(str(folder)) from problem
    if made_for != device_id:
        raise IdentityCopiedError(str(folder))
    if not isinstance(key, ec.EllipticCurvePrivateKey) or certificate.public_key() != key.public_key():
        raise IdentityDamagedError(str(folder))
    fingerprint = fingerprint_of(key.public_key())
    if node_id != node_id_of(fingerprint):
        raise IdentityDamagedError(str(folder))
    return Identity(node_id=node_id_of(fingerprint), fingerprint=fingerprint, key=key, certificate=certificate)


def _certificate(key: ec.EllipticCurvePrivateKey, node_id: NodeId, now: datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, node_id)])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_TOLERANCE)
        .not_valid_after(now + VALID_FOR)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(node_id)]), critical=False)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
