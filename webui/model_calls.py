"""Owns what is asked of the assistant about models: which there are, how they come, which one answers."""

from urllib.parse import quote

from webui.calls import Calls, segment
from webui.model_messages import Elsewhere, ElsewhereModels, HouseModels, Models, Offer, Offers, StickModel, StickModels


class ModelCalls(Calls):
    """One person's calls about models."""

    async def models(self) -> tuple[str, ...]:
        """The names of the models that programs may ask for."""
        return tuple(model.id for model in (await self._read(Models, "GET", "/v1/models")).data)

    async def house_models(self) -> HouseModels:
        """Every model that is here or on its way."""
        return await self._read(HouseModels, "GET", "/api/models")

    async def offers(self) -> tuple[Offer, ...]:
        """What there is to have, with its fit on this box."""
        return (await self._read(Offers, "GET", "/api/models/catalogue")).models

    async def elsewhere(self) -> tuple[Elsewhere, ...]:
        """What other boxes have and this one has not, for the owner."""
        return (await self._read(ElsewhereModels, "GET", "/api/models/elsewhere")).models

    async def stick_models(self) -> StickModels:
        """Models on the sticks that are plugged in, for the owner."""
        return await self._read(StickModels, "GET", "/api/models/sticks")

    async def take_stick_model(self, model: StickModel) -> None:
        """Begin to take a model from a stick."""
        await self._answer("POST", "/api/models/sticks", {"disk_id": model.disk_id, "path": model.path})

    async def fetch_model(self, name: str, *, source: str = "any", node: str = "") -> None:
        """Begin to fetch a model of the catalogue, or to copy it from another box that has it."""
        await self._answer("POST", "/api/models/downloads", {"name": name, "source": source, "node": node})

    async def change_download(self, download_id: str, deed: str) -> None:
        """`stop` or `resume` a download."""
        await self._answer("POST", f"/api/models/downloads/{segment(download_id)}/{deed}")

    async def forget_download(self, download_id: str) -> None:
        """Stop a download and throw away what has come."""
        await self._answer("DELETE", f"/api/models/downloads/{segment(download_id)}")

    async def load_model(self, name: str) -> None:
        """Bring a model into memory, which may take minutes."""
        await self._answer("POST", "/api/models/load", {"name": name}, patient=True)

    async def unload_model(self, name: str) -> None:
        """Let a model leave memory."""
        await self._answer("POST", "/api/models/unload", {"name": name}, patient=True)

    async def choose_model(self, name: str) -> None:
        """Let a model answer from the files."""
        await self._answer("PUT", "/api/models/choice", {"name": name}, patient=True)

    async def delete_model(self, name: str) -> None:
        """Delete a model that the owner brought."""
        await self._answer("DELETE", f"/api/models?name={quote(name, safe='')}")
