"""Owns the TLS of the mesh: version 1.3 only, its own authority only, and dates judged by us and not by OpenSSL.

OpenSSL knows a certificate's dates as right or wrong. A box with an empty clock battery is a day off and no attacker,
so dates are left to `certificates.date_standing`, which can also say what is wrong.
"""

import ssl
from pathlib import Path

from cryptography import x509

from mesh.certificates import pem

WIRE = "hearth-rpc"
"""The name by ALPN of connections that are no HTTP, but carry the bytes of a lease."""
NO_CHECK_TIME = 0x200000
"""X509_V_FLAG_NO_CHECK_TIME of OpenSSL's x509_vfy.h."""


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """The mesh port's context: callers may show a certificate, and one that they show has to be of our authority."""
    context = _only_newest(ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))
    context.verify_mode = ssl.CERT_OPTIONAL
    context.num_tickets = 0  # each connection shows its certificate anew
    context.set_alpn_protocols(["http/1.1", WIRE])
    context.load_cert_chain(certificate, key)
    return context


def trust(context: ssl.SSLContext, authority: x509.Certificate, certificate: Path, key: Path) -> None:
    """From now on the context shows this certificate, and takes those of this authority as well."""
    context.load_verify_locations(cadata=pem(authority))
    context.load_cert_chain(certificate, key)


def member_context(authority: x509.Certificate, certificate: Path, key: Path) -> ssl.SSLContext:
    """For calling other members: both sides show what the authority made for them."""
    context = pinned_context(authority)
    context.load_cert_chain(certificate, key)
    return context


def pinned_context(authority: x509.Certificate) -> ssl.SSLContext:
    """For calling a node of this authority and no other."""
    context = _only_newest(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    context.load_verify_locations(cadata=pem(authority))
    return context


def unverified_context() -> ssl.SSLContext:
    """For a newcomer's first words, which are public: what the other side shows is looked at afterwards."""
    context = _only_newest(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _only_newest(context: ssl.SSLContext) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_flags = ssl.VerifyFlags(context.verify_flags | NO_CHECK_TIME)
    return context
