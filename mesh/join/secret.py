"""Owns what is typed or scanned: a code of 8 letters (40 bits) or a token of 26 (130 bits) in one alphabet."""

import hashlib
import secrets
from typing import Final, Literal

ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32: no letter looks like another one."""
CODE_LETTERS: Final = 8
TOKEN_LETTERS: Final = 26
_ALIKE: Final = str.maketrans({"o": "0", "i": "1", "l": "1", "u": "v"})

SecretKind = Literal["code", "token"]
LETTERS: Final[dict[SecretKind, int]] = {"code": CODE_LETTERS, "token": TOKEN_LETTERS}


def fresh(kind: SecretKind) -> str:
    """A new secret."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LETTERS[kind]))


def invitation(token: str) -> str:
    """Names a token without telling it (130 bits cannot be guessed from their hash), in hex."""
    return hashlib.sha256(b"hearth-invitation|" + token.encode()).hexdigest()


def shown(code: str) -> str:
    """A code as people read it: `7KQ2-M4XD`."""
    return f"{code[:4]}-{code[4:]}".upper()


def typed(text: str) -> str | None:
    """The code in what a person typed, whatever the case, blanks and look-alikes; None where it is none."""
    bare = "".join(text.lower().replace("-", " ").split()).translate(_ALIKE)
    return bare if len(bare) == CODE_LETTERS and all(letter in ALPHABET for letter in bare) else None


def kind_of(secret: str) -> SecretKind:
    """Which of the two a secret is."""
    return "token" if len(secret) == TOKEN_LETTERS else "code"
