"""What is said with the official OpenAI SDK in more than one of its tests."""

from typing import Any

from pydantic import BaseModel

HELLO: Any = [{"role": "user", "content": "Say hello."}]
CITY = {"type": "object", "properties": {"city": {"type": "string", "enum": ["Paris", "Rome"]}}, "required": ["city"]}
TOOLS: Any = [
    {"type": "function", "function": {"name": name, "description": about, "parameters": CITY}}
    for name, about in (("get_weather", "The weather of a city"), ("get_news", "The news of a city"))
]


class Weather(BaseModel):
    """A form that an answer keeps to."""

    city: str
    degrees: int
