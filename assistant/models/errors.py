"""What can go wrong with a model's file, its way to this box and its place in memory; each says what to do."""

from assistant.errors import AssistantError


class UnfitModelError(AssistantError):
    """The file is no model that this box can run; the message says why."""

    code = "unfit_model"


class ModelNameError(AssistantError):
    """The name cannot be given to a model; the message says why."""

    code = "unfit_name"


class ModelExistsError(AssistantError):
    """There is a model of this name already."""

    code = "model_exists"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is a model “{name}” already. Delete it first, or choose another name.")


class ModelStaysError(AssistantError):
    """This model came with the product, so it cannot be deleted."""

    code = "model_stays"

    def __init__(self, name: str) -> None:
        super().__init__(f"The model “{name}” came with Hearth and stays, so that the box can always answer.")


class ModelInUseError(AssistantError):
    """The model is answering somebody now."""

    code = "model_in_use"

    def __init__(self, name: str) -> None:
        super().__init__(f"The model “{name}” is answering somebody. Wait until it is done and try again.")


class ModelTooLargeError(AssistantError):
    """The model does not fit into this box's memory; the message has the numbers."""

    code = "model_too_large"


class NoRoomOnDiskError(AssistantError):
    """The disk has less room than the model takes; the message has the numbers."""

    code = "disk_full"


class DownloadNotFoundError(AssistantError):
    """There is no such download."""

    code = "download_not_found"

    def __init__(self) -> None:
        super().__init__("There is no such download. It may have been finished or taken away; reload the list.")


class NotElsewhereError(AssistantError):
    """No other node that can be reached has this model."""

    code = "not_elsewhere"

    def __init__(self, name: str) -> None:
        super().__init__(f"No other box of this mesh that can be reached now has a model “{name}” that is not here.")


class DownloadFailedError(AssistantError):
    """The model could not be fetched; the message says why, and what was fetched is kept for another try."""

    code = "download_failed"


class CatalogueError(AssistantError):
    """The catalogue has no such model."""

    code = "not_in_catalogue"

    def __init__(self, name: str) -> None:
        super().__init__(f"The catalogue has no model “{name}”. See what there is on the page “Models”.")
