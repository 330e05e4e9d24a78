"""Every URL of the studio: each page package brings its own."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.templatetags.static import static
from django.urls import include, path
from django.views.generic import RedirectView

from studio.api.application import api
from studio.team.forms import AdminLoginForm

admin.site.login_form = AdminLoginForm

urlpatterns = [
    path("admin/", admin.site.urls),
    path("api/", api.urls),
    path("", include("studio.dashboard.urls")),
    path("", include("studio.library.urls")),
    path("", include("studio.review.urls")),
    path("", include("studio.runs.urls")),
    path("", include("studio.exports.urls")),
    path("", include("studio.datasets.urls")),
    path("", include("studio.scenarios.urls")),
    path("", include("studio.catalog.urls")),
    path("", include("studio.team.urls")),
    # Browsers ask for it wherever a page names no icon: a fragment or a file opened in a tab of its own.
    path("favicon.ico", login_not_required(RedirectView.as_view(url=static("favicon.svg")))),
]
