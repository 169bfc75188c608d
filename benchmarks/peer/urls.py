from django.urls import path
from rest_framework_simplejwt.views import TokenObtainPairView

from benchmarks.peer import views

urlpatterns = [
    path("api/v1/users/auth/login", TokenObtainPairView.as_view()),
    path("api/v1/users/profile/<str:username>", views.ProfileView.as_view()),
    path("api/v1/connections", views.ConnectionsView.as_view()),
    path("api/v1/events", views.EventsView.as_view()),
    path("api/v1/stories", views.StoriesView.as_view()),
    path("api/v1/notifications", views.NotificationsView.as_view()),
    path("api/v1/chat", views.ChatView.as_view()),
]
