"""URLs of exports."""

from django.urls import path

from studio.exports.views import export_download, export_form

urlpatterns = [
    path("exports/", export_form, name="export_form"),
    path("exports/download/", export_download, name="export_download"),
]
