"""The forms of a history that is sent in: the file, and how it is to be read."""

from typing import Any
from zoneinfo import ZoneInfo

from django import forms

from ingestion.drafts import NotThisFormat
from ingestion.exports import REGISTRY
from ingestion.exports.csv_columns import parse_mapping

READING = ("columns", "date_format", "encoding", "timezone", "mailbox")


def format_choices() -> list[tuple[str, str]]:
    """The formats that can be imported, after the one that finds out by itself."""
    return [("auto", "find out by itself"), *((name, known.label) for name, known in REGISTRY.items())]


def short_text(label: str, most: int, help_text: str) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"})
    return forms.CharField(label=label, max_length=most, required=False, widget=widget, help_text=help_text)


class ReadingForm(forms.Form):
    """How a file is to be read, where that can't be found out."""

    format = forms.ChoiceField(choices=[], required=False, label="Format")
    columns = short_text("Columns of a CSV", 2_000, "Where the guess is wrong: text=Body,author=From,sent_at=Date.")
    date_format = short_text("Its dates", 60, "Such as %d.%m.%Y %H:%M; empty: guessed.")
    encoding = short_text("Its encoding", 40, "Such as cp1251; empty: guessed.")
    timezone = short_text("Zone of times that name none", 60, "Such as Europe/Kyiv; empty: UTC.")
    mailbox = short_text("Mailbox, for mail", 300, "The address, or address/folder, that its live source goes by.")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["format"].choices = format_choices()  # type: ignore[attr-defined]

    @property
    def reading(self) -> list[Any]:
        """The fields for which most files have no need, for the page."""
        return [self[name] for name in READING]

    def clean_format(self) -> str:
        return self.cleaned_data["format"] or "auto"

    def clean_columns(self) -> str:
        columns: str = self.cleaned_data["columns"]
        try:
            parse_mapping(columns)
        except NotThisFormat as error:
            raise forms.ValidationError(str(error)) from None
        return columns

    def clean_encoding(self) -> str:
        encoding: str = self.cleaned_data["encoding"]
        try:
            "".encode(encoding or "utf-8")
        except (LookupError, ValueError):
            raise forms.ValidationError("There is no such encoding.") from None
        return encoding

    def clean_timezone(self) -> str:
        zone: str = self.cleaned_data["timezone"]
        try:
            ZoneInfo(zone or "UTC")
        except (ValueError, OSError, KeyError):  # a name that leads out of the folder, a folder, no such name
            raise forms.ValidationError("There is no such zone.") from None
        return zone

    def options(self) -> dict[str, str]:
        """What the reader of the file is told, as it was typed."""
        return {name: value for name in READING if (value := self.cleaned_data[name])}


class UploadForm(ReadingForm):
    """A file, or its name and size where the page's script sends it in pieces afterwards."""

    file = forms.FileField(required=False, label="File", help_text="An export as it was saved: a file, or a zip of it.")
    file_name = forms.CharField(required=False, max_length=255, widget=forms.HiddenInput)
    size = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput)
    source_name = short_text(
        "Source", 120, "What it is called here; a name that is known adds to that source. Empty: the file's name."
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if "file" not in self.errors and not cleaned.get("file") and not cleaned.get("size"):
            self.add_error("file", "Choose a file.")
        return cleaned
