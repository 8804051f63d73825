"""Pages of messages."""

from django.urls import path

from ingestion import views

app_name = "ingestion"

urlpatterns = [
    path("messages/", views.messages, name="messages"),
    path("messages/<id:pk>/", views.message, name="message"),
    path("messages/<id:pk>/verdict/", views.verdict, name="verdict"),
    path("messages/<id:pk>/delete/", views.delete, name="delete_message"),
]
