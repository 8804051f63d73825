"""Pages of runs."""

from django.urls import path

from analysis import views

app_name = "analysis"

urlpatterns = [
    path("runs/", views.runs, name="runs"),
    path("runs/new/", views.create, name="create"),
    path("runs/<id:pk>/", views.run, name="run"),
    path("runs/<id:pk>/<slug:verb>/", views.act, name="act"),
]
