"""Filters of the lists of runs and windows."""

from django_filters import rest_framework as filters

from analysis.models import AnalysisRun, Window
from tasktracker.core.enums import Stage


class RunFilter(filters.FilterSet):
    stage = filters.ChoiceFilter(choices=Stage.choices)
    status = filters.ChoiceFilter(choices=AnalysisRun.Status.choices)

    class Meta:
        model = AnalysisRun
        fields: list[str] = []


class WindowFilter(filters.FilterSet):
    status = filters.ChoiceFilter(choices=Window.Status.choices)

    class Meta:
        model = Window
        fields: list[str] = []
