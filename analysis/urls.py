"""Pages of runs, and the settings of who answers."""

from django.urls import path

from analysis import agent_pages, field_pages, provider_pages, schedule_pages, views

app_name = "analysis"

urlpatterns = [
    path("runs/", views.runs, name="runs"),
    path("runs/new/", views.create, name="create"),
    path("runs/<id:pk>/", views.run, name="run"),
    path("runs/<id:pk>/<slug:verb>/", views.act, name="act"),
    path("settings/providers/new/", provider_pages.new_provider, name="new_provider"),
    path("settings/providers/<id:pk>/", provider_pages.provider, name="provider"),
    path("settings/providers/<id:pk>/test/", provider_pages.test_provider, name="test_provider"),
    path("settings/providers/<id:pk>/delete/", provider_pages.delete_provider, name="delete_provider"),
    path("settings/models/", provider_pages.models, name="models"),
    path("settings/ollama/", provider_pages.ollama, name="ollama"),
    path("settings/agents/new/", agent_pages.new_agent, name="new_agent"),
    path("settings/agents/<id:pk>/", agent_pages.agent, name="agent"),
    path("settings/agents/<id:pk>/try/", agent_pages.try_agent, name="try_agent"),
    path("settings/agents/<id:pk>/delete/", agent_pages.delete_agent, name="delete_agent"),
    path("settings/assignments/", agent_pages.assign, name="assign"),
    path("settings/assignments/<id:pk>/delete/", agent_pages.unassign, name="unassign"),
    path("settings/task-configs/new/", field_pages.new_task_config, name="new_task_config"),
    path("settings/task-configs/preview/", field_pages.preview, name="preview_fields"),
    path("settings/task-configs/<id:pk>/", field_pages.task_config, name="task_config"),
    path("settings/task-configs/<id:pk>/delete/", field_pages.delete_task_config, name="delete_task_config"),
    path("settings/schedules/new/", schedule_pages.new_schedule, name="new_schedule"),
    path("settings/schedules/<id:pk>/", schedule_pages.schedule, name="schedule"),
    path("settings/schedules/<id:pk>/delete/", schedule_pages.delete_schedule, name="delete_schedule"),
]
