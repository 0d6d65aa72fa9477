"""Lists of words as one writes them: in lines, a blank between two."""


def word_list(*lines: str) -> tuple[str, ...]:
    """The words of these lines."""
    return tuple(" ".join(lines).split())
