"""The review desk's pages."""

from django.urls import path

from proposals import bulk_pages, duty_pages, filter_pages, history, learning_pages, suggestion_pages, views

app_name = "proposals"

urlpatterns = [
    path("learning/", learning_pages.show, name="learning"),
    path("learning/<slug:verb>/", learning_pages.policy, name="policy"),
    path("settings/duty/", duty_pages.show, name="duty"),
    path("settings/duty/away/", duty_pages.away, name="duty_away"),
    path("review/", views.desk, name="desk"),
    path("review/count/", views.count, name="count"),
    path("review/history/", history.show, name="history"),
    path("review/bulk/", bulk_pages.bulk, name="bulk"),
    path("review/sweep/", bulk_pages.sweep, name="sweep"),
    path("review/filters/", filter_pages.save, name="save_filter"),
    path("review/filters/<id:pk>/delete/", filter_pages.delete, name="delete_filter"),
    path("review/undo/", bulk_pages.undo_last, name="undo_last"),
    path("review/batch/<uuid:batch>/undo/", bulk_pages.undo_batch, name="undo_batch"),
    path("review/<id:pk>/", views.permalink, name="proposal"),
    path("review/<id:pk>/suggestion/", suggestion_pages.take, name="take_suggestion"),
    path("review/<id:pk>/edit/", views.edit, name="edit"),
    path("review/<id:pk>/duplicate/", views.duplicate, name="duplicate"),
    path("review/<id:pk>/merge/", views.merge, name="merge"),
    path("review/<id:pk>/<slug:verb>/", views.decide, name="decide"),
]
