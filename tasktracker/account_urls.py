"""Addresses of accounts: one's own, invitations, forgotten passwords."""

from django.urls import path

from tasktracker import account_pages, invitation_pages, login_pages, password_pages, second_step_pages

urlpatterns = [
    path("join/<str:token>/", invitation_pages.join, name="join"),
    path("password/forgotten/", password_pages.forgotten, name="forgotten"),
    path("password/<str:token>/", password_pages.new_password, name="new_password"),
    path("settings/account/", account_pages.account, name="account"),
    path("settings/account/password/", account_pages.change_password, name="change_password"),
    path("settings/account/address/", account_pages.change_address, name="change_address"),
    path("settings/account/logins/end-others/", account_pages.end_other_logins, name="end_other_logins"),
    path("settings/account/logins/<id:pk>/end/", account_pages.end_login, name="end_login"),
    path("login/passkey/", login_pages.passkey_login, name="passkey_login"),
    path("login/unlock/<str:token>/", login_pages.unlock, name="unlock"),
    path("login/second-step/", second_step_pages.second_step, name="second_step"),
    path("settings/account/second-step/", second_step_pages.set_up, name="set_up_second_step"),
    path("settings/account/second-step/app/", second_step_pages.begin_app, name="begin_app"),
    path("settings/account/second-step/app/confirm/", second_step_pages.confirm_app, name="confirm_app"),
    path("settings/account/second-step/passkeys/", second_step_pages.add_passkey, name="add_passkey"),
    path("settings/account/second-step/codes/", second_step_pages.new_codes, name="new_recovery_codes"),
    path("settings/account/second-step/remove/", second_step_pages.remove, name="remove_second_step"),
    path("settings/invitations/", invitation_pages.all_invitations, name="invitations"),
    path("settings/invitations/<id:pk>/revoke/", invitation_pages.revoke, name="revoke_invitation"),
    path("settings/members/<id:pk>/password-link/", password_pages.link_for_member, name="password_link"),
]
