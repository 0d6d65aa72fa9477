"""What models think before they answer: they are asked not to, since whoever waits is served by the answer."""

from collections.abc import Mapping
from typing import Any, Final

UNTHOUGHT: Final[Mapping[str, Any]] = {"chat_template_kwargs": {"enable_thinking": False}}
"""Asks a template that lets models think aloud for one that does not; others take no notice."""
