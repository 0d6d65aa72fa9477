"""An answer that is complete: what its happenings come to, for callers who do not want it in pieces."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

from assistant.generation.errors import EngineBrokeOffError
from assistant.generation.events import (
    Begun,
    Broken,
    CallArguments,
    CallBegun,
    Choice,
    DocumentQuoted,
    Ended,
    FileQuoted,
    FilesRead,
    Happening,
    Text,
)
from assistant.generation.request import Call

Quotation = FileQuoted | DocumentQuoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """Text, and what it rests on."""

    text: str
    quotations: tuple[Quotation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A whole answer."""

    stretches: tuple[Stretch, ...]
    choices: tuple[Choice, ...]
    calls: tuple[Call, ...]
    read: FilesRead | None
    ended: Ended
    model: str = ""
    """The model that wrote in place of the one that was asked for; empty where it is that one."""

    @property
    def text(self) -> str:
        """All words."""
        return "".join(stretch.text for stretch in self.stretches)

    @property
    def quotations(self) -> tuple[Quotation, ...]:
        """All that the answer rests on, in order."""
        return tuple(quotation for stretch in self.stretches for quotation in stretch.quotations)


async def collected(happenings: AsyncIterator[Happening]) -> Whole:
    """All of it; raises `EngineBrokeOffError` where it ends before its end."""
    stretches: list[Stretch] = []
    choices: list[Choice] = []
    calls: list[Call] = []
    read: FilesRead | None = None
    model = ""
    async for happening in happenings:
        match happening:
            case Text(text=text, choices=more):
                choices += more
                if stretches and not stretches[-1].quotations:
                    stretches[-1] = Stretch(text=stretches[-1].text + text)
                else:
                    stretches.append(Stretch(text=text))
            case FileQuoted() | DocumentQuoted():
                last = stretches.pop() if stretches else Stretch(text="")
                stretches.append(Stretch(text=last.text, quotations=(*last.quotations, happening)))
            case CallBegun(id=call_id, name=name):
                calls.append(Call(id=call_id, name=name, arguments=""))
            case CallArguments(text=text):
                last_call = calls.pop()
                calls.append(Call(id=last_call.id, name=last_call.name, arguments=last_call.arguments + text))
            case FilesRead():
                read = happening
            case Begun():
                model = happening.model
            case Broken(message=message):
                raise EngineBrokeOffError(message)
            case Ended():
                return Whole(
                    stretches=tuple(stretches),
                    choices=tuple(choices),
                    calls=tuple(calls),
                    read=read,
                    ended=happening,
                    model=model,
                )
    raise AssertionError  # happenings end with one of the two
