"""The XML of WebDAV's answers; every name in it is data."""

from collections.abc import Iterable
from email.utils import format_datetime
from urllib.parse import quote
from xml.sax.saxutils import escape

from assistant.dav.tree import Node

XML = 'application/xml; charset="utf-8"'
ROOT = "/dav"
_LOCKS = (
    "<D:supportedlock><D:lockentry><D:lockscope><D:exclusive/></D:lockscope>"
    "<D:locktype><D:write/></D:locktype></D:lockentry></D:supportedlock>"
)


def address(path: str, *, is_folder: bool) -> str:
    """A node's address; a folder's ends with a slash."""
    whole = f"{ROOT}/{quote(path)}" if path else ROOT
    return f"{whole}/" if is_folder else whole


def multistatus(nodes: Iterable[Node]) -> str:
    """The properties of some nodes (RFC 4918 §13)."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<D:multistatus xmlns:D="DAV:">'
        + "".join(map(_response, nodes))
        + "</D:multistatus>"
    )


def lock(token: str, path: str, *, is_folder: bool) -> str:
    """What a client is told that asks for a lock (RFC 4918 §9.10)."""
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<D:prop xmlns:D="DAV:"><D:lockdiscovery><D:activelock>'
        "<D:locktype><D:write/></D:locktype><D:lockscope><D:exclusive/></D:lockscope><D:depth>0</D:depth>"
        f"<D:timeout>Second-600</D:timeout><D:locktoken><D:href>{escape(token)}</D:href></D:locktoken>"
        f"<D:lockroot><D:href>{escape(address(path, is_folder=is_folder))}</D:href></D:lockroot>"
        "</D:activelock></D:lockdiscovery></D:prop>"
    )


def _response(node: Node) -> str:
    properties = [f"<D:displayname>{escape(node.name)}</D:displayname>"]
    if node.is_folder:
        properties.append("<D:resourcetype><D:collection/></D:resourcetype>")
    else:
        size_bytes = node.document.size_bytes if node.document else 0
        kind = node.document.media_type if node.document else "application/octet-stream"
        properties += [
            "<D:resourcetype/>",
            f"<D:getcontentlength>{size_bytes}</D:getcontentlength>",
            f"<D:getcontenttype>{escape(kind)}</D:getcontenttype>",
            f'<D:getetag>"{node.digest[:32] or "empty"}"</D:getetag>',
            _LOCKS,
        ]
    if node.changed_at is not None:
        properties += [
            f"<D:getlastmodified>{format_datetime(node.changed_at, usegmt=True)}</D:getlastmodified>",
            f"<D:creationdate>{node.changed_at:%Y-%m-%dT%H:%M:%SZ}</D:creationdate>",
        ]
    return (
        f"<D:response><D:href>{escape(address(node.path, is_folder=node.is_folder))}</D:href><D:propstat><D:prop>"
        + "".join(properties)
        + "</D:prop><D:status>HTTP/1.1 200 OK</D:status></D:propstat></D:response>"
    )
