"""Pages that touch every app: login, dashboard, search, settings."""

from django.contrib.auth import views as auth
from django.urls import include, path

from tasktracker import audit_pages, key_pages, member_pages, people_pages, settings_page, telegram_pages, views
from tasktracker.core.lockout import CountedForm

urlpatterns = [
    path("", views.dashboard, name="dashboard"),
    path(
        "login/",
        auth.LoginView.as_view(authentication_form=CountedForm, redirect_authenticated_user=True),
        name="login",
    ),
    path("logout/", auth.LogoutView.as_view(), name="logout"),
    path("workspace/", views.switch_workspace, name="switch_workspace"),
    path("search/", views.search, name="search"),
    path("", include("tasktracker.account_urls")),
    path("settings/", settings_page.settings, name="settings"),
    path("settings/keys/", key_pages.own_keys, name="own_keys"),
    path("settings/telegram/", telegram_pages.telegram, name="telegram"),
    path("settings/members/", member_pages.members_page, name="members"),
    path("settings/members/<id:pk>/role/", member_pages.change_role, name="member_role"),
    path("settings/members/<id:pk>/remove/", member_pages.remove, name="remove_member"),
    path("settings/people/", people_pages.people_page, name="people"),
    path("settings/people/join/", people_pages.join, name="join_people"),
    path("settings/people/<id:pk>/", people_pages.person, name="person"),
    path("settings/people/<id:pk>/login/", people_pages.link, name="link_person"),
    path("settings/people/<id:pk>/export/", people_pages.export, name="export_person"),
    path("settings/people/<id:pk>/erase/", people_pages.erase, name="erase_person"),
    path("settings/joins/<id:pk>/undo/", people_pages.part, name="part_people"),
    path("settings/erasures/<id:pk>/", people_pages.erasure, name="erasure"),
    path("settings/audit/", audit_pages.audit_page, name="audit"),
    path("settings/spending-cap/", settings_page.save_spending_cap, name="spending_cap"),
    path("settings/tokens/", settings_page.create_token, name="create_token"),
    path("settings/tokens/<id:pk>/revoke/", settings_page.revoke_token, name="revoke_token"),
]
