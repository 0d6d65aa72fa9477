"""What can go wrong with people, sessions, keys and what they may do, each as a sentence for the person."""

import math

from assistant.errors import AssistantError


class UnknownCallerError(AssistantError):
    """The request carries no session that counts."""

    code = "unknown_caller"

    def __init__(self) -> None:
        super().__init__("You are not signed in, or your session has ended. Sign in and try again.")


class UnknownKeyError(UnknownCallerError):
    """A program brought no key, or one that this box does not know."""

    code = "invalid_api_key"

    def __init__(self, *, was_brought: bool) -> None:
        if was_brought:
            told = "This box does not know this key. Make one on the page “Programs” and give it to your program."
        else:
            told = (
                "This request brings no key. Make one on the page “Programs” and send it as `Authorization: Bearer …` "
                "or `x-api-key`."
            )
        AssistantError.__init__(self, told)


class ForeignOriginError(AssistantError):
    """A page of another site sent this request with the person's cookie."""

    code = "foreign_origin"

    def __init__(self) -> None:
        super().__init__(
            "This request came from another website, so nothing was done. Open Hearth itself and try there."
        )


class NotClaimedError(AssistantError):
    """The box has no owner yet, and this needs a person."""

    code = "not_claimed"

    def __init__(self) -> None:
        super().__init__("Nobody has set this box up yet. Set it up first, with the code that its screen shows.")


class AlreadyClaimedError(AssistantError):
    """The box has an owner, so no code can claim it."""

    code = "already_claimed"

    def __init__(self) -> None:
        super().__init__("This box already has an owner. Sign in instead.")


class WrongSetupCodeError(AssistantError):
    """The code is not the one that the box shows now."""

    code = "wrong_setup_code"

    def __init__(self) -> None:
        super().__init__("This is not the set-up code. Read it again on the box's own screen; it changes every hour.")


class WrongLoginError(AssistantError):
    """Name and password do not belong together; which of them is wrong is not told."""

    code = "wrong_login"

    def __init__(self) -> None:
        super().__init__("The name or the password is wrong. Check both and try again.")


class TooManyGuessesError(AssistantError):
    """Guessing is slowed; `wait_seconds` says for how long."""

    code = "too_many_guesses"

    def __init__(self, wait_seconds: float) -> None:
        self.wait_seconds = max(1, math.ceil(wait_seconds))
        unit = "second" if self.wait_seconds == 1 else "seconds"
        super().__init__(f"There were too many wrong attempts. Wait {self.wait_seconds} {unit} and try again.")


class WeakPasswordError(AssistantError):
    """The password is guessed too easily; the message says what to choose."""

    code = "weak_password"


class WrongPasswordError(AssistantError):
    """The password that was to be changed, or that confirms a deed, is wrong."""

    code = "wrong_password"

    def __init__(self) -> None:
        super().__init__("Your password is not the one you typed. Type it again.")


class SessionNotFoundError(AssistantError):
    """This person has no such session."""

    code = "session_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such session. It may have ended already; reload the list.")


class KeyNotFoundError(AssistantError):
    """This person has no such key."""

    code = "key_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such key. It may have been taken back already; reload the list.")


class TooManyKeysError(AssistantError):
    """This person has as many keys as one may have."""

    code = "too_many_keys"

    def __init__(self, most: int) -> None:
        super().__init__(f"You have {most} keys, the most that one person may have. Take back those you no longer use.")


class NeedsThePersonError(AssistantError):
    """A program that came with a key wants what only its person may do."""

    code = "needs_the_person"

    def __init__(self) -> None:
        super().__init__("A key may not do this: keys and sign-ins belong to the person. Sign in to Hearth for it.")


class NotAllowedError(AssistantError):
    """This person may see this and may not do it; the message says who may."""

    code = "not_allowed"


class NotTheOwnerError(AssistantError):
    """Only the owner of this box, and not a program's key, may do this."""

    code = "not_the_owner"

    def __init__(self) -> None:
        super().__init__("Only the owner of this box may do this. Ask them, or sign in as them.")


class PersonNotFoundError(AssistantError):
    """Nobody of this id lives here."""

    code = "person_not_found"

    def __init__(self) -> None:
        super().__init__("Nobody of that name lives here any more. Reload the list of people.")


class NameTakenError(AssistantError):
    """Somebody else has this name, or one that looks like it."""

    code = "name_taken"

    def __init__(self) -> None:
        super().__init__("Somebody here has this name already, or one that looks like it. Choose another one.")


class WrongInvitationError(AssistantError):
    """The code opens nothing: mistyped, used, taken back or too old."""

    code = "wrong_invitation"

    def __init__(self) -> None:
        super().__init__("This code opens nothing. It may be mistyped, used already or too old; ask for a new one.")


class InvitationNotFoundError(AssistantError):
    """There is no such invitation."""

    code = "invitation_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such invitation. It may have been used already; reload the list.")
