"""Pages of topics, atoms, tasks and projects."""

from django.urls import path

from knowledge import changing, project_pages, views

app_name = "knowledge"

urlpatterns = [
    path("projects/", project_pages.listed, name="projects"),
    path("projects/new/", project_pages.new_project, name="new_project"),
    path("projects/<id:pk>/", project_pages.project, name="project"),
    path("projects/<id:pk>/delete/", project_pages.delete_project, name="delete_project"),
    path("topics/", views.topics, name="topics"),
    path("topics/<id:pk>/", views.topic, name="topic"),
    path("topics/<id:pk>/edit/", changing.edit, {"kind": "topic"}, name="edit_topic"),
    path("topics/<id:pk>/merge/", changing.merge, name="merge_topic"),
    path("topics/<id:pk>/split/", changing.split, name="split_topic"),
    path("atoms/<id:pk>/", views.atom, name="atom"),
    path("atoms/<id:pk>/edit/", changing.edit, {"kind": "atom"}, name="edit_atom"),
    path("atoms/<id:pk>/still-true/", changing.still_true, {"kind": "atom"}, name="atom_still_true"),
    path("topics/<id:pk>/still-true/", changing.still_true, {"kind": "topic"}, name="topic_still_true"),
    path("tasks/<id:pk>/still-true/", changing.still_true, {"kind": "task"}, name="task_still_true"),
    path("edits/<id:pk>/undo/", changing.undo_edit, name="undo_edit"),
    path("tasks/", views.tasks, name="tasks"),
    path("tasks/<id:pk>/", views.task, name="task"),
    path("tasks/<id:pk>/edit/", changing.edit, {"kind": "task"}, name="edit_task"),
    path("tasks/<id:pk>/change/", views.change_task, name="change_task"),
]
