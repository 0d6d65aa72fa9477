"""An assistant for the web front's own tests: the API's contract over data in memory, and a log of who called how."""

from dataclasses import dataclass, field

from fastapi import FastAPI

from tests.webui.fake_api.chats import add_chats
from tests.webui.fake_api.entrance import add_entrance
from tests.webui.fake_api.gateway import add_gateway
from tests.webui.fake_api.known import Known
from tests.webui.fake_api.library import add_library
from tests.webui.fake_api.models import add_models
from tests.webui.fake_api.nodes import FakeMesh, add_nodes
from tests.webui.fake_api.programs import add_programs
from tests.webui.fake_api.updates import add_updates


@dataclass(slots=True)
class FakeAssistant(Known):
    """What the assistant knows and what it was asked; `app` is its API."""

    app: FastAPI = field(init=False)
    mesh: FakeMesh = field(default_factory=FakeMesh)

    def __post_init__(self) -> None:
        self.app = FastAPI()
        add_entrance(self.app, self)
        add_nodes(self.app, self.mesh)
        for add in (add_library, add_chats, add_models, add_programs, add_updates, add_gateway):
            add(self.app, self)
