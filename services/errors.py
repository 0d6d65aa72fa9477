"""What can go wrong when a daemon or the command line starts; each message is a sentence for the person."""


class ServicesError(Exception):
    """Something outside the code is not as a daemon needs it; the message says what to do."""


class SettingsError(ServicesError):
    """A settings file can't be used; the message names the file, the line's key and what was expected."""


class CredentialMissingError(ServicesError):
    """A secret that first boot makes is not there; start `hearth-firstboot` (or `hearth run`) first."""


class NodeNotRunningError(ServicesError):
    """The node's own daemons don't answer; start it with `hearth run` or look at `hearth status`."""


class PortTakenError(ServicesError):
    """Another program listens on a port of the front door; stop it, or choose another port."""


def told(group: BaseExceptionGroup[BaseException], *known: type[Exception]) -> BaseException:
    """The first error of a known kind in a group that a TaskGroup raised, else the group itself."""
    found = group.subgroup(known)
    if found is None:
        return group
    first = found.exceptions[0]
    return told(first, *known) if isinstance(first, BaseExceptionGroup) else first
