"""Row ids in addresses and forms: no longer than a bigint can be, so a number of a thousand digits is no error."""

from django.urls.converters import IntConverter

ROW_ID = "[0-9]{1,18}"  # whatever it matches fits a bigint


class RowIdConverter(IntConverter):
    """`<id:pk>`: like `int`, which takes any number of digits and leaves the overflow to the database."""

    regex = ROW_ID


def is_number(text: str, *, digits: int = 18) -> bool:
    """Whether `text`, which anybody may have typed, is a whole number of at most `digits` plain digits."""
    return text.isascii() and text.isdigit() and len(text) <= digits
