"""Owns the mesh's certificates: the authority's own, a node's for seven days, and what dates mean on wrong clocks."""

from datetime import datetime, timedelta
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from mesh.errors import CertificateRefusedError
from mesh.identity import NodeId, fingerprint_of, node_id_of

NODE_VALID_FOR = timedelta(days=7)
RENEW_WHEN_LEFT = timedelta(days=3, hours=12)
AUTHORITY_VALID_FOR = timedelta(days=20 * 365)
BACKDATED = timedelta(days=2)  # a node whose clock is a day behind may use its certificate at once
CLOCK_TOLERANCE = timedelta(hours=36)  # a clock that is a day off, and then some

DateStanding = Literal["valid", "expired", "not_yet"]


def authority_certificate(key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    """The self-signed certificate of a mesh's authority; it may sign nodes and nothing below them."""
    name = _name(f"Hearth mesh {node_id_of(fingerprint_of(key.public_key()))}")
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + AUTHORITY_VALID_FOR)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def node_certificate(
    authority_key: ec.EllipticCurvePrivateKey,
    authority: x509.Certificate,
    public_key: ec.EllipticCurvePublicKey,
    now: datetime,
) -> x509.Certificate:
    """A certificate of seven days for the node with this key; its name is the node's id."""
    node_id = node_id_of(fingerprint_of(public_key))
    return (
        x509.CertificateBuilder()
        .subject_name(_name(node_id))
        .issuer_name(authority.subject)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + NODE_VALID_FOR)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(node_id)]), critical=False)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]), critical=False
        )
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )


def date_standing(certificate: x509.Certificate, now: datetime) -> DateStanding:
    """What a clock that may be a day off says of a certificate's dates."""
    if now + CLOCK_TOLERANCE < certificate.not_valid_before_utc:
        return "not_yet"
    if now - CLOCK_TOLERANCE > certificate.not_valid_after_utc:
        return "expired"
    return "valid"


def renewal_due(certificate: x509.Certificate, now: datetime) -> bool:
    """Whether half of its life is over, or this clock cannot make sense of it."""
    return now > certificate.not_valid_after_utc - RENEW_WHEN_LEFT or date_standing(certificate, now) != "valid"


def holder_of(certificate: x509.Certificate, authority: x509.Certificate) -> NodeId:
    """The node that a certificate of this authority names.

    Raises CertificateRefusedError where it is another's, or where its name does not follow from its key.
    """
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature) as problem:
        raise CertificateRefusedError("It is not of this mesh.") from problem
    node_id = node_id_of(fingerprint_in(certificate))
    names = [str(part.value) for part in certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]
    if names != [node_id]:
        raise CertificateRefusedError("Its name does not follow from its key.")
    return node_id


def public_key_in(certificate: x509.Certificate) -> ec.EllipticCurvePublicKey:
    """The certificate's public key; raises CertificateRefusedError where it is of another kind than ours."""
    public_key = certificate.public_key()
    if not isinstance(public_key, ec.EllipticCurvePublicKey):
        raise CertificateRefusedError("Its key is of another kind.")
    return public_key


def fingerprint_in(certificate: x509.Certificate) -> str:
    """The SHA-256 of the certificate's public key; raises CertificateRefusedError where it is of another kind."""
    return fingerprint_of(public_key_in(certificate))


def pem(certificate: x509.Certificate) -> str:
    """The certificate as text."""
    return certificate.public_bytes(Encoding.PEM).decode("ascii")


def certificate_in(text: str) -> x509.Certificate:
    """The certificate in a PEM text; raises CertificateRefusedError."""
    try:
        return x509.load_pem_x509_certificate(text.encode("ascii"))
    except ValueError as problem:
        raise CertificateRefusedError("It cannot be read.") from problem


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )
