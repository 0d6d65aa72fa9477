"""What every shape of the assistant's answers is: checked as it enters, with what is unknown here ignored."""

from pydantic import BaseModel, ConfigDict


class Shape(BaseModel):
    """A part of an answer; it is never changed."""

    model_config = ConfigDict(frozen=True, extra="ignore")
