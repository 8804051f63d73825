"""Pages of topics, atoms and tasks."""

from django.urls import path

from knowledge import views

app_name = "knowledge"

urlpatterns = [
    path("topics/", views.topics, name="topics"),
    path("topics/<id:pk>/", views.topic, name="topic"),
    path("atoms/<id:pk>/", views.atom, name="atom"),
    path("tasks/", views.tasks, name="tasks"),
    path("tasks/<id:pk>/", views.task, name="task"),
    path("tasks/<id:pk>/change/", views.change_task, name="change_task"),
]
