from django.urls import path

from apps.web import oauth, views

app_name = "web"

urlpatterns = [
    path("", views.home, name="home"),
    path("login/", views.login, name="login"),
    path("login/code/", views.login_code, name="login_code"),
    path("logout/", views.logout, name="logout"),
    path("join/", views.join, name="join"),
    path("forgot/", views.forgot, name="forgot"),
    path("verify-email", views.verify_email, name="verify_email"),
    path("reset-password", views.reset_password, name="reset_password"),
    path("unsubscribe", views.unsubscribe, name="unsubscribe"),
    path("appeal", views.appeal, name="appeal"),
    path("oauth/callback", oauth.callback, name="oauth_callback"),
    path("oauth/<slug:provider>", oauth.start, name="oauth"),
    path(".well-known/change-password", views.change_password),
]
