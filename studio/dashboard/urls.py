"""The dashboard's URL."""

from django.urls import path

from studio.dashboard.views import dashboard

urlpatterns = [path("", dashboard, name="dashboard")]
