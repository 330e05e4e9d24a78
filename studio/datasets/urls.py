"""URLs of a dataset."""

from django.urls import path

from studio.datasets import tags, views

urlpatterns = [
    path("datasets/<slug:slug>/", views.dataset_detail, name="dataset_detail"),
    path("datasets/<slug:slug>/policy/", views.change_dataset_policy, name="change_dataset_policy"),
    path("datasets/<slug:slug>/tags/add/", tags.add, name="add_tag"),
    path("datasets/<slug:slug>/tags/<str:tag_pid>/change/", tags.change, name="change_tag"),
    path("datasets/<slug:slug>/tags/<str:tag_pid>/up/", tags.move_up, name="raise_tag"),
    path("datasets/<slug:slug>/tags/<str:tag_pid>/remove/", tags.remove, name="remove_tag"),
]
