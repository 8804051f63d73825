"""Row ids in addresses: no longer than a bigint can be, so that a number of a thousand digits is a 404."""

from django.urls.converters import IntConverter

ROW_ID = "[0-9]{1,18}"  # whatever it matches fits a bigint


class RowIdConverter(IntConverter):
    """`<id:pk>`: like `int`, which takes any number of digits and leaves the overflow to the database."""

    regex = ROW_ID
