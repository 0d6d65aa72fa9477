"""People, invitations and shelves as they go over the wire."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from assistant.api.models import Name, Password, PersonAnswer


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Told(BaseModel):
    model_config = ConfigDict(from_attributes=True, frozen=True)


Code = Annotated[str, Field(min_length=1, max_length=40, description="As the owner was told it.")]
JoiningRole = Literal["adult", "child"]


class JoinRequest(_Given):
    """Comes to live here."""

    code: Code
    name: Name
    password: Password


class NewPasswordRequest(_Given):
    """Sets a new password by a code of the owner's."""

    code: Code
    password: Password


class PasswordRequest(_Given):
    """Changes a password."""

    old: Password
    new: Password


class NewPersonRequest(_Given):
    """Somebody whom the owner lets in."""

    name: Name
    password: Password
    role: JoiningRole


class RoleRequest(_Given):
    """What somebody is from now on."""

    role: JoiningRole


class GoodbyeRequest(_Given):
    """Confirms a deletion."""

    password: Annotated[Password, Field(description="Of the one who asks.")]


class InviteRequest(_Given):
    """Whom the code lets in."""

    role: JoiningRole = "adult"


class MeAnswer(PersonAnswer):
    """The caller."""

    may: list[str] = Field(description="What this person may do beyond what everybody may.")
    password_reset_at: datetime | None = Field(
        description="When the password was set anew by a code of the owner's, until the person has said that they know."
    )


class PeopleAnswer(_Told):
    """Everybody who lives here."""

    people: list[PersonAnswer]


class InvitationAnswer(_Told):
    """A code that can still be used."""

    id: str
    kind: Literal["join", "password"]
    role: JoiningRole | None = Field(description="Of the one who will join; null for a new password.")
    person_id: str | None = Field(description="Whose new password; null for one who will join.")
    expires_at: datetime


class NewInvitationAnswer(InvitationAnswer):
    """A code that was just made."""

    code: str = Field(description="It is never told again.")


class InvitationsAnswer(_Told):
    """Every code that can still be used."""

    invitations: list[InvitationAnswer]


ShelfKind = Literal["household", "private"]


class ShelfRequest(_Given):
    """A further shelf."""

    name: Name
    kind: ShelfKind = "private"


class ShelfChange(_Given):
    """What is to be changed about a shelf; what is left out stays."""

    name: Name | None = None
    readers: Annotated[list[Annotated[str, Field(max_length=64)]], Field(max_length=100)] | None = Field(
        default=None, description="The ids of all people who may read it from now on, besides its own person."
    )
    stays_here: bool | None = Field(
        default=None, description="Whether its words may never leave this box, not even for a node of its mesh."
    )


class ShelfAnswer(_Told):
    """A shelf that the caller may read."""

    id: str
    name: str
    kind: ShelfKind
    person_id: str | None = Field(description="Whose private shelf it is; null for the household's.")
    readers: list[str] = Field(description="With whom its person shares it; told to that person alone.")
    may_change: bool
    documents: int
    stays_here: bool = Field(description="Whether its words never leave this box, not even for a node of its mesh.")


class ShelvesAnswer(_Told):
    """The shelves that the caller may read, the own ones first."""

    shelves: list[ShelfAnswer]


class FilePassword(_Given):
    """Opens a locked file."""

    password: SecretStr = Field(min_length=1, max_length=1_000, description="Of the file; it is kept sealed.")


class DocumentChange(_Given):
    """What is to be changed about a file; what is left out stays. It is not read again."""

    name: Name | None = None
    folder: Annotated[str, Field(max_length=2000)] | None = Field(default=None, description="Such as `letters/2026`.")
    shelf: Annotated[str, Field(max_length=64)] | None = Field(
        default=None, description="`private`, `household` or a shelf's id."
    )
