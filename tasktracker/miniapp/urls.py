"""Addresses of the Mini App."""

from django.urls import path

from tasktracker.miniapp import views

urlpatterns = [
    path("", views.app, name="tg"),
    path("login/", views.log_in, name="tg_login"),
    path("review/", views.review, name="tg_review"),
    path("review/<id:pk>/<slug:verb>/", views.decide, name="tg_decide"),
    path("tasks/", views.tasks, name="tg_tasks"),
    path("tasks/<id:pk>/status/", views.change_task, name="tg_task"),
]
