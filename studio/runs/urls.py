"""URLs of runs."""

from django.urls import path

from studio.runs.views import run_cancel, run_detail, run_list, run_new, run_pause, run_resume

urlpatterns = [
    path("runs/", run_list, name="run_list"),
    path("runs/new/", run_new, name="run_new"),
    path("runs/<str:pid>/", run_detail, name="run_detail"),
    path("runs/<str:pid>/pause/", run_pause, name="run_pause"),
    path("runs/<str:pid>/resume/", run_resume, name="run_resume"),
    path("runs/<str:pid>/cancel/", run_cancel, name="run_cancel"),
]
