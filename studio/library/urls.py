"""URL of the list of conversations."""

from django.urls import path

from studio.library import bulk_views as bulk
from studio.library import saved
from studio.library.views import conversation_list

urlpatterns = [
    path("conversations/", conversation_list, name="conversation_list"),
    path("views/save/", saved.save_view, name="save_view"),
    path("views/<str:pid>/rename/", saved.rename_view, name="rename_view"),
    path("views/<str:pid>/share/", saved.share_view, name="share_view"),
    path("views/<str:pid>/default/", saved.default_view, name="default_view"),
    path("views/<str:pid>/delete/", saved.delete_view, name="delete_view"),
    path("bulk/", bulk.bulk_list, name="bulk_list"),
    path("bulk/prepare/", bulk.bulk_prepare, name="bulk_prepare"),
    path("bulk/<str:pid>/", bulk.bulk_action, name="bulk_action"),
    path("bulk/<str:pid>/start/", bulk.bulk_start, name="bulk_start"),
    path("bulk/<str:pid>/stop/", bulk.bulk_stop, name="bulk_stop"),
    path("bulk/<str:pid>/discard/", bulk.bulk_discard, name="bulk_discard"),
    path("bulk/<str:pid>/undo/", bulk.bulk_undo, name="bulk_undo"),
]
