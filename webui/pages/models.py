"""The page of models: what is here and in memory, what is on its way, how to bring one, what there is to have."""

from collections.abc import Awaitable, Sequence

from fastapi import Request
from nicegui import background_tasks, ui

from webui.components import problems
from webui.components.basics import box, button, icon, text
from webui.components.confirm import confirmed
from webui.components.dropzone import Dropzone
from webui.components.frame import frame
from webui.components.model_list import (
    Deeds,
    DownloadDeeds,
    download_list,
    elsewhere_list,
    foreign_list,
    missing_list,
    model_list,
    offer_list,
    stick_list,
)
from webui.errors import AssistantAwayError, RefusedError
from webui.household_messages import MissingModel, RestoredFrom
from webui.model_messages import Download, Elsewhere, HouseModel, HouseModels, Offer, StickModel, StickModels
from webui.pages.visit import OpenVisit, Visit
from webui.wording import size

LOOK_AGAIN_SECONDS = 1.0
LOOK_AT_OTHERS_SECONDS = 3.0


def register(visit: OpenVisit) -> None:
    """Add `/models`."""

    @ui.page("/models")
    async def models(request: Request) -> None:
        here = visit(request)
        chats = await here.assistant.chats()
        house, offers = await here.assistant.house_models(), await here.assistant.offers()
        with frame("Models", here="/models", person=here.person, chats=chats):
            _Models(here, house, offers)


class _Models:
    """What happens on the page; its lists follow the box."""

    def __init__(self, visit: Visit, house: HouseModels, offers: Sequence[Offer]) -> None:
        self._assistant = visit.assistant
        self._house: HouseModels | None = None
        self._offers: Sequence[Offer] = ()
        with box("section", "sheet"):
            text("h1", "Models", "display")
            text(
                "p",
                "A language model is what words the answers. A larger one words them better and takes more memory "
                "and time.",
                "welcome-lead",
            )
            self._room = box("div", "room-left")
            self._before = box("section", aria_label="On the old box")
            with box("section", aria_label="On this box"):
                text("h2", "On this box", "section-title")
                self._here = box("div")
            self._foreign = box("section", aria_label="On other engines")
            self._coming = box("section", aria_label="On the way")
            self._near = box("section", aria_label="On your other boxes")
            self._sticks = box("section", aria_label="On a USB stick", aria_live="polite")
            if house.may_change:
                self._bring()
            with box("section", aria_label="What there is to have"):
                text("h2", "What there is to have", "section-title")
                text(
                    "p",
                    "Fetched from huggingface.co when you press the arrow, and never otherwise; what another box of "
                    "yours has is copied from there. This box goes on without the internet afterwards."
                    if house.may_change
                    else "The owner of this box can fetch one of these.",
                    "muted",
                )
                self._shop = box("div")
        self._questions = box("div")
        self._draw(house)
        self._draw_offers(offers)
        self._nearby: Sequence[Elsewhere] = ()
        self._plugged = StickModels()
        self._missing: RestoredFrom | None = None
        if house.may_change:
            ui.timer(LOOK_AT_OTHERS_SECONDS, self._look_at_others)
            ui.timer(LOOK_AT_OTHERS_SECONDS, self._look_at_sticks)
            ui.timer(LOOK_AT_OTHERS_SECONDS, self._look_back)
        ui.timer(LOOK_AGAIN_SECONDS, self._reload)

    def _bring(self) -> None:
        with (
            box("section", aria_label="Bring one"),
            Dropzone(on_arrived=self._arrived, door="/api/models", words="Choose a GGUF file"),
        ):
            icon("upload", "dropzone-picture")
            text("p", "Bring one from a file of this device", "dropzone-title")
            text("p", "A model in the GGUF format. It is checked before anything opens it.", "muted")
            text("p", "Models on a USB stick that is plugged into the box are listed above.", "muted")

    async def _reload(self) -> None:
        with problems.shown():
            house = await self._assistant.house_models()
            if house != self._house:
                self._draw(house)

    async def _look_at_others(self) -> None:
        try:
            nearby = await self._assistant.elsewhere()
        except (AssistantAwayError, RefusedError):
            return  # the next look tells
        if nearby == self._nearby:
            return
        self._nearby = nearby
        self._near.clear()
        with self._near:
            if nearby:
                text("h2", "On your other boxes", "section-title")
                text("p", "Copied over your own network, and checked, in place of being fetched again.", "muted")
                elsewhere_list(nearby, self._copy)
        with problems.shown():
            self._draw_offers(await self._assistant.offers())

    async def _look_at_sticks(self) -> None:
        try:
            plugged = await self._assistant.stick_models()
        except (AssistantAwayError, RefusedError):
            return  # the next look tells
        if plugged == self._plugged:
            return
        self._plugged = plugged
        self._sticks.clear()
        with self._sticks:
            if plugged.models or plugged.importing:
                text("h2", "On a USB stick", "section-title")
                stick_list(plugged, self._take)

    async def _take(self, model: StickModel) -> None:
        await self._done(self._assistant.take_stick_model(model))
        await self._look_at_sticks()

    async def _look_back(self) -> None:
        """After a restore: the models that the old box had, as long as one of them is not here."""
        try:
            restored = await self._assistant.restored()
        except (AssistantAwayError, RefusedError):
            return  # the next look tells
        if restored == self._missing:
            return
        self._missing = restored
        self._before.clear()
        with self._before:
            if restored and restored.missing:
                text("h2", "On the old box", "section-title")
                day = restored.made_at[:10]
                text(
                    "p", f"The backup of {day} that was restored names these models. They are not on this box.", "muted"
                )
                missing_list(restored.missing, self._fetch_missing)
                button("I do not need them", self._forget_missing)

    async def _fetch_missing(self, model: MissingModel) -> None:
        await self._done(self._assistant.fetch_model(model.name))

    async def _forget_missing(self) -> None:
        with problems.shown():
            await self._assistant.forget_restored()
            await self._look_back()

    async def _arrived(self) -> None:
        await self._reload()
        with problems.shown():
            self._draw_offers(await self._assistant.offers())

    def _draw(self, house: HouseModels) -> None:
        """Draw what is not as it was: a row that somebody is about to press stays where it is."""
        before, self._house = self._house, house
        self._draw_room(house)
        if before is None or before.models != house.models:
            deeds = Deeds(load=self._load, unload=self._unload, choose=self._choose, delete=self._delete)
            self._here.clear()
            with self._here:
                model_list(house.models, deeds, may_change=house.may_change)
        if before is None or before.on_other_engines != house.on_other_engines:
            self._draw_foreign(house)
        if before is None or before.downloads != house.downloads:
            self._draw_coming(house)
        if before is not None and len(before.models) != len(house.models):
            background_tasks.create(self._arrived(), name="what there is to have")

    def _draw_room(self, house: HouseModels) -> None:
        self._room.clear()
        with self._room:
            words = f"{size(house.used_bytes)} of {size(house.memory_bytes)} of memory for models in use"
            text("p", f"{words} · {size(house.disk_free_bytes)} left on the disk", "muted")
            bar = box("progress", max="1", value=f"{house.used_bytes / max(1, house.memory_bytes):.3f}")
            bar.props["aria-label"] = words
            if house.computes:
                text("p", house.computes, "muted")

    def _draw_foreign(self, house: HouseModels) -> None:
        self._foreign.clear()
        with self._foreign:
            if house.on_other_engines:
                text("h2", "On other engines", "section-title")
                text("p", "Programs ask for these by name, as for those of this box.", "muted")
                foreign_list(house.on_other_engines)

    def _draw_coming(self, house: HouseModels) -> None:
        coming = [one for one in house.downloads if one.state != "done"]
        self._coming.clear()
        with self._coming:
            if coming:
                text("h2", "On the way", "section-title")
                deeds = DownloadDeeds(stop=self._stop, resume=self._resume, forget=self._forget)
                download_list(coming, deeds, may_change=house.may_change)

    def _draw_offers(self, offers: Sequence[Offer]) -> None:
        self._offers = offers
        self._shop.clear()
        with self._shop:
            offer_list(offers, self._fetch, may_change=bool(self._house and self._house.may_change))

    async def _done(self, deed: Awaitable[None]) -> None:
        with problems.shown():
            await deed
            await self._reload()

    async def _load(self, model: HouseModel) -> None:
        await self._done(self._assistant.load_model(model.name))

    async def _unload(self, model: HouseModel) -> None:
        await self._done(self._assistant.unload_model(model.name))

    async def _choose(self, model: HouseModel) -> None:
        await self._done(self._assistant.choose_model(model.name))

    async def _delete(self, model: HouseModel) -> None:
        explanation = f"{size(model.size_bytes)} become free. To have it again, it has to be fetched or brought again."
        with self._questions:  # the row may be drawn anew while the question stands
            sure = await confirmed(f"Delete “{model.name}”?", explanation, deed="Delete")
        if sure:
            await self._done(self._assistant.delete_model(model.name))

    async def _fetch(self, offer: Offer) -> None:
        await self._done(self._assistant.fetch_model(offer.name))

    async def _copy(self, model: Elsewhere) -> None:
        await self._done(self._assistant.fetch_model(model.name, source="node", node=model.node_id))

    async def _stop(self, download: Download) -> None:
        await self._done(self._assistant.change_download(download.id, "stop"))

    async def _resume(self, download: Download) -> None:
        await self._done(self._assistant.change_download(download.id, "resume"))

    async def _forget(self, download: Download) -> None:
        await self._done(self._assistant.forget_download(download.id))
