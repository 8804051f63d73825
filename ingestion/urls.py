"""Pages of messages."""

from django.urls import path

from ingestion import delivery_pages, lesson_pages, source_pages, upload_pages, views

app_name = "ingestion"

urlpatterns = [
    path("messages/", views.messages, name="messages"),
    path("messages/<id:pk>/", views.message, name="message"),
    path("messages/<id:pk>/verdict/", views.verdict, name="verdict"),
    path("messages/<id:pk>/delete/", views.delete, name="delete_message"),
    path("settings/noise/", lesson_pages.noise, name="noise"),
    path("settings/lessons/<id:pk>/back/", lesson_pages.take_back, name="noise_back"),
    path("settings/sources/", source_pages.sources, name="sources"),
    path("settings/sources/new/", source_pages.new_source, name="new_source"),
    path("settings/sources/mapping/", source_pages.preview_mapping, name="preview_mapping"),
    path("settings/sources/<id:pk>/", source_pages.source, name="source"),
    path("settings/sources/<id:pk>/test/", source_pages.test_source, name="test_source"),
    path("settings/sources/<id:pk>/pause/", source_pages.pause_source, name="pause_source"),
    path("settings/sources/<id:pk>/secret/", source_pages.rotate_secret, name="rotate_secret"),
    path("settings/sources/<id:pk>/delete/", source_pages.delete_source, name="delete_source"),
    path("settings/sources/<id:pk>/telegram/", source_pages.telegram_webhook, name="telegram_webhook"),
    path("settings/sources/<id:pk>/deliveries/", delivery_pages.deliveries, name="deliveries"),
    path("settings/deliveries/<id:pk>/", delivery_pages.delivery, name="delivery"),
    path("settings/deliveries/<id:pk>/replay/", delivery_pages.replay, name="replay"),
    path("settings/sources/import/", upload_pages.import_page, name="import"),
    path("settings/uploads/<id:pk>/", upload_pages.upload, name="upload"),
    path("settings/uploads/<id:pk>/piece/", upload_pages.piece, name="piece"),
    path("settings/uploads/<id:pk>/report/", upload_pages.report, name="upload_report"),
    path("settings/uploads/<id:pk>/<slug:verb>/", upload_pages.act, name="act_upload"),
]
