"""URLs of registries and tools."""

from django.urls import path

from studio.catalog.views import registry_detail, registry_list, set_volatile, tool_detail

urlpatterns = [
    path("registries/", registry_list, name="registry_list"),
    path("registries/<slug:slug>/", registry_detail, name="registry_detail"),
    path("registries/<slug:slug>/tools/<str:name>/", tool_detail, name="tool_detail"),
    path("registries/<slug:slug>/tools/<str:name>/volatile/", set_volatile, name="set_volatile"),
]
