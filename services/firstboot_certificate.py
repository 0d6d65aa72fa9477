"""Owns the certificate of the public HTTPS port: self-signed, made on the device, renewed before it runs out."""

import ipaddress
import logging
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from firmware.durable import write_durably
from firmware.network import read_network

log = logging.getLogger(__name__)

KEY, CERTIFICATE = "tls.key", "tls.crt"
VALID_FOR = timedelta(days=729)  # browsers of one maker refuse more than 825 days
CLOCK_TOLERANCE = timedelta(days=1)
RENEW_BEFORE = timedelta(days=60)


def keep_certificate(folder: Path, name: str, now: datetime) -> None:
    """Leave a key and a certificate for `name` in `folder` that serve at `now` and for two months more.

    A renewed certificate keeps the key. Addresses are those of the moment; another address is no reason to renew,
    since a changed certificate alarms whoever trusted the old one.
    """
    key = _kept_key(folder / KEY)
    if key is None:
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_durably(folder / KEY, pem, 0o600)
    if not _serves(folder / CERTIFICATE, key, name, now):
        certificate = _certificate(key, name, now)
        write_durably(folder / CERTIFICATE, certificate.public_bytes(Encoding.PEM), 0o600)
        log.info("The certificate of the HTTPS port was made; it serves until %s", certificate.not_valid_after_utc)


def _kept_key(file: Path) -> ec.EllipticCurvePrivateKey | None:
    try:
        key = load_pem_private_key(file.read_bytes(), password=None)
    except (FileNotFoundError, ValueError):
        return None
    return key if isinstance(key, ec.EllipticCurvePrivateKey) else None


def _serves(file: Path, key: ec.EllipticCurvePrivateKey, name: str, now: datetime) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (FileNotFoundError, ValueError, x509.ExtensionNotFound):
        return False
    return (
        certificate.public_key() == key.public_key()
        and f"{name}.local" in alternatives.get_values_for_type(x509.DNSName)
        and certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - RENEW_BEFORE
    )


def _certificate(key: ec.EllipticCurvePrivateKey, name: str, now: datetime) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name}.local")])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_TOLERANCE)
        .not_valid_after(now + VALID_FOR)
        .add_extension(x509.SubjectAlternativeName(_alternatives(name)), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _alternatives(name: str) -> list[x509.GeneralName]:
    addresses = ["127.0.0.1", "::1", *(address.ip for address in read_network().addresses)]
    return [
        *(x509.DNSName(host) for host in (f"{name}.local", name, "localhost")),
        *(x509.IPAddress(ipaddress.ip_address(address)) for address in addresses),
    ]
