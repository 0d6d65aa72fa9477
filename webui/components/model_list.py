"""Models as lists: those that are here, those on their way, and those that there are to have."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from webui.components.basics import box, button, icon, text
from webui.household_messages import MissingModel
from webui.model_messages import Download, Elsewhere, ForeignModel, HouseModel, Offer, StickModel, StickModels
from webui.wording import download_words, fit_words, model_facts, model_state, size, taking_words

Deed = Callable[[HouseModel], Awaitable[None]]
DownloadDeed = Callable[[Download], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deeds:
    """What the buttons of a model that is here do."""

    load: Deed
    unload: Deed
    choose: Deed
    delete: Deed


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadDeeds:
    """What the buttons of a model on its way do."""

    stop: DownloadDeed
    resume: DownloadDeed
    forget: DownloadDeed


def missing_list(missing: Sequence[MissingModel], fetch: Callable[[MissingModel], Awaitable[None]]) -> None:
    """One row a model that the old box had and this one has not."""
    with box("ul", "plain-list documents"):
        for model in missing:
            with box("li", "document"):
                _picture("brain")
                with box("div", "document-words"):
                    text("h3", model.name, "document-name")
                    if not model.in_catalogue:
                        text("p", "It came from a file: bring that file again.", "document-facts")
                with box("div", "document-deeds"):
                    if model.in_catalogue:
                        button("Fetch", partial(fetch, model), label=f"Fetch {model.name} again")


def model_list(models: Sequence[HouseModel], deeds: Deeds, *, may_change: bool) -> None:
    """One row a model that is here."""
    with box("ul", "plain-list documents"):
        for model in models:
            _model(model, deeds, may_change=may_change)


def _model(model: HouseModel, deeds: Deeds, *, may_change: bool) -> None:
    with box("li", "document"):
        _picture("brain")
        with box("div", "document-words"):
            text("h3", model.name, "document-name")
            text("p", model_facts(model), "document-facts")
            with box("p", "document-state"):
                if model.chosen:
                    text("span", "Answers from your files", "badge badge-moss")
                text("span", model_state(model), f"badge{' badge-calm' if model.state != 'away' else ''}")
            text("p", fit_words(model.fit), "document-reason" if model.fit.place == "none" else "document-facts")
            with box("div", "model-deeds"):
                if model.state == "away" and model.fit.place != "none":
                    button("Load", lambda: deeds.load(model), label=f"Load {model.name}")
                if may_change and model.state == "ready":
                    button("Unload", lambda: deeds.unload(model), label=f"Unload {model.name}")
                if may_change and not model.chosen and model.fit.place != "none":
                    button("Use it for answers", lambda: deeds.choose(model), label=f"Use {model.name} for answers")
        with box("div", "document-deeds"):
            if may_change and not model.comes_with_hearth:
                button("", lambda: deeds.delete(model), picture="trash", kind="quiet", label=f"Delete {model.name}")


def download_list(downloads: Sequence[Download], deeds: DownloadDeeds, *, may_change: bool) -> None:
    """One row a model on its way."""
    with box("ul", "plain-list documents"):
        for download in downloads:
            _download(download, deeds, may_change=may_change)


def _download(download: Download, deeds: DownloadDeeds, *, may_change: bool) -> None:
    with box("li", "document"):
        _picture("download")
        with box("div", "document-words"):
            text("h3", download.name, "document-name")
            text("p", download_words(download), "document-facts")
            if download.reason:
                text("p", download.reason, "document-reason")
            if not download.is_over:
                share = download.fetched_bytes / max(1, download.size_bytes)
                box("progress", max="1", value=f"{share:.3f}").props["aria-label"] = f"Fetching {download.name}"
            if may_change:
                with box("div", "model-deeds"):
                    if download.is_over:
                        button("Go on", lambda: deeds.resume(download), label=f"Go on with {download.name}")
                    else:
                        button("Stop", lambda: deeds.stop(download), label=f"Stop {download.name}")
        with box("div", "document-deeds"):
            if may_change:
                words = f"Throw away {download.name}"
                button("", lambda: deeds.forget(download), picture="trash", kind="quiet", label=words)


def offer_list(offers: Sequence[Offer], fetch: Callable[[Offer], Awaitable[None]], *, may_change: bool) -> None:
    """One row a model that there is to have."""
    with box("ul", "plain-list documents"):
        for offer in offers:
            _offer(offer, fetch, may_change=may_change)


def _offer(offer: Offer, fetch: Callable[[Offer], Awaitable[None]], *, may_change: bool) -> None:
    fits = offer.fit.place != "none"
    with box("li", "document" if fits else "document document-faint"):
        _picture("brain")
        with box("div", "document-words"):
            text("h3", offer.title, "document-name")
            text("p", offer.purpose, "")
            way = f"on “{offer.on_nodes[0]}” already, copied from there" if offer.on_nodes else "to fetch"
            text("p", f"{size(offer.size_bytes)} {way} · {offer.licence}", "document-facts")
            with box("p", "document-state"):
                text("span", fit_words(offer.fit), f"badge badge-{'moss' if fits else 'alarm'}")
        with box("div", "document-deeds"):
            if offer.here:
                text("span", "Here", "badge")
            elif may_change and fits:
                near = f"Copy {offer.title} from {offer.on_nodes[0]}" if offer.on_nodes else ""
                label = near or f"Fetch {offer.title}"
                picture = "copy" if near else "download"
                button("", lambda: fetch(offer), picture=picture, kind="quiet", label=label)


def stick_list(plugged: StickModels, take: Callable[[StickModel], Awaitable[None]]) -> None:
    """One row a model on a stick in the box, and one a model that is being taken from it."""
    with box("ul", "plain-list documents"):
        for taking in plugged.importing:
            with box("li", "document"):
                _picture("brain")
                with box("div", "document-words"):
                    text("h3", taking.name, "document-name")
                    text("p", taking_words(taking), "document-facts")
                    if taking.is_running:
                        share = taking.taken_bytes / max(1, taking.size_bytes)
                        bar = box("progress", max="1", value=f"{share:.3f}")
                        bar.props["aria-label"] = f"How much of {taking.name} has come"
        for model in plugged.models:
            with box("li", "document"):
                _picture("brain")
                with box("div", "document-words"):
                    text("h3", model.path, "document-name")
                    text("p", f"On “{model.disk}” · {size(model.size_bytes)}", "document-facts")
                with box("div", "document-deeds"):
                    label = f"Import {model.path} from {model.disk}"
                    button("", lambda model=model: take(model), picture="copy", kind="quiet", label=label)  # type: ignore[misc]


def elsewhere_list(models: Sequence[Elsewhere], copy: Callable[[Elsewhere], Awaitable[None]]) -> None:
    """One row a model that another box has."""
    with box("ul", "plain-list documents"):
        for model in models:
            with box("li", "document"):
                _picture("brain")
                with box("div", "document-words"):
                    text("h3", model.name, "document-name")
                    licence = f" · {model.licence}" if model.licence else ""
                    text("p", f"On “{model.node_name}” · {size(model.size_bytes)}{licence}", "document-facts")
                with box("div", "document-deeds"):
                    label = f"Copy {model.name} from {model.node_name}"
                    button("", lambda model=model: copy(model), picture="copy", kind="quiet", label=label)  # type: ignore[misc]


def foreign_list(models: Sequence[ForeignModel]) -> None:
    """One row a model that engines of other makes have."""
    with box("ul", "plain-list documents"):
        for model in models:
            with box("li", "document"):
                _picture("gauge")
                with box("div", "document-words"):
                    text("h3", model.name, "document-name")
                    text("p", f"Computed on {' or '.join(f'“{one}”' for one in model.engines)}", "document-facts")


def _picture(name: str) -> None:
    with box("span", "document-picture", aria_hidden="true"):
        icon(name)
