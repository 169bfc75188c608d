from django.contrib import admin
from django.urls import path

from apps.console import views

urlpatterns = [
    path("", admin.site.admin_view(views.work_queue), name="work_queue"),
    path("<slug:slug>/<id:row_id>/", admin.site.admin_view(views.work_item), name="work_item"),
]
