"""URLs of people: login, the team, one's own settings."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from studio.team.forms import LoginForm
from studio.team.passwords import OwnPassword
from studio.team.views import key_reset, key_set, settings, team, theme_choose, token_create, token_delete

urlpatterns = [
    path(
        "login/",
        LoginView.as_view(redirect_authenticated_user=True, authentication_form=LoginForm),
        name="login",
    ),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("team/", team, name="team"),
    path("settings/", settings, name="settings"),
    path("settings/password/", OwnPassword.as_view(), name="own_password"),
    path("settings/theme/choose/", theme_choose, name="theme_choose"),
    path("settings/keys/set/", key_set, name="key_set"),
    path("settings/keys/reset/", key_reset, name="key_reset"),
    path("settings/tokens/create/", token_create, name="token_create"),
    path("settings/tokens/<str:pid>/delete/", token_delete, name="token_delete"),
]
