"""The family of errors that users read: what happened, why, and what to do.

Anything raised that is not an :class:`NnoptError` is a bug and is reported with its traceback.
"""

from __future__ import annotations

from typing import ClassVar

_FAMILY: dict[str, type[NnoptError]] = {}


class NnoptError(Exception):
    """Base of all expected errors.

    Args:
        user_message: one or two sentences: what failed and why.
        hint: what the user can do about it; may be empty.
        details: technical details for the log and the details pane; may be empty.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, user_message: str, hint: str = "", details: str = "") -> None:
        super().__init__(user_message)
        self.user_message = user_message
        self.hint = hint
        self.details = details

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        _FAMILY[cls.__name__] = cls

    def __str__(self) -> str:
        return f"{self.user_message} {self.hint}".strip()

    def to_dict(self) -> dict[str, str]:
        """Plain data for the trip between processes."""
        return {"type": type(self).__name__, "message": self.user_message, "hint": self.hint, "details": self.details}

    @staticmethod
    def from_dict(data: dict[str, str]) -> NnoptError:
        """The error that :meth:`to_dict` described; unknown types become :class:`InternalError`."""
        cls = _FAMILY.get(str(data.get("type")), InternalError)
        return cls(str(data.get("message", "")), str(data.get("hint", "")), str(data.get("details", "")))


class ModelError(NnoptError):
    """A model file cannot be opened, identified or handled."""


class UntrustedFileError(ModelError):
    """Opening this file could run code, and the user has not trusted it."""


class DataError(NnoptError):
    """A data source is missing, damaged or does not fit the network."""


class RecipeError(NnoptError):
    """A recipe is out of bounds, contradictory, or cannot be applied to this network."""


class StudyError(NnoptError):
    """A study file cannot be opened, read or written."""


class ArtifactError(NnoptError):
    """A saved artifact is incomplete, altered, or does not reproduce its numbers."""


class SettingsError(NnoptError):
    """Settings or the installation cannot be used as they are."""


class EngineCrashedError(NnoptError):
    """The engine process ended unexpectedly; the reason is in the message."""

    exit_code: ClassVar[int] = 1


class InternalError(NnoptError):
    """A bug: an exception of ours that nobody expected, carried with its traceback in ``details``."""

    exit_code: ClassVar[int] = 1


class Cancelled(NnoptError):  # noqa: N818 - a request granted, not a failure
    """The user asked to stop; raised by ``Reporter.checkpoint``."""

    exit_code: ClassVar[int] = 130

    def __init__(self, user_message: str = "Cancelled.", hint: str = "", details: str = "") -> None:
        super().__init__(user_message, hint, details)
