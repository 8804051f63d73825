"""The review desk's pages."""

from django.urls import path

from proposals import history, learning_pages, views

app_name = "proposals"

urlpatterns = [
    path("learning/", learning_pages.show, name="learning"),
    path("learning/<slug:verb>/", learning_pages.policy, name="policy"),
    path("review/", views.desk, name="desk"),
    path("review/count/", views.count, name="count"),
    path("review/history/", history.show, name="history"),
    path("review/bulk/", views.bulk, name="bulk"),
    path("review/undo/", views.undo_last, name="undo_last"),
    path("review/batch/<uuid:batch>/undo/", views.undo_batch, name="undo_batch"),
    path("review/<id:pk>/", views.permalink, name="proposal"),
    path("review/<id:pk>/edit/", views.edit, name="edit"),
    path("review/<id:pk>/merge/", views.merge, name="merge"),
    path("review/<id:pk>/<slug:verb>/", views.decide, name="decide"),
]
