"""Pages of topics, atoms and tasks."""

from django.urls import path

from knowledge import views

app_name = "knowledge"

urlpatterns = [
    path("topics/", views.topics, name="topics"),
    path("topics/<int:pk>/", views.topic, name="topic"),
    path("atoms/<int:pk>/", views.atom, name="atom"),
    path("tasks/", views.tasks, name="tasks"),
    path("tasks/<int:pk>/", views.task, name="task"),
    path("tasks/<int:pk>/change/", views.change_task, name="change_task"),
]
