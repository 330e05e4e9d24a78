"""URLs of scenarios."""

from django.urls import path

from studio.scenarios.views import scenario_detail, scenario_list

urlpatterns = [
    path("scenarios/", scenario_list, name="scenario_list"),
    path("scenarios/<str:pid>/", scenario_detail, name="scenario_detail"),
]
