"""The forms of accounts: invitations, joining, passwords, one's address, tokens."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from tasktracker.core import invitations
from tasktracker.core.enums import Role, TokenScope
from tasktracker.core.lockout import count_password, forget_guesses
from tasktracker.core.models import User
from tasktracker.core.passwords import mail_is_on
from tasktracker.core.permissions import Access
from tasktracker.core.sessions import prove

STRENGTH = "At least 10 characters, and none of the common ones."
NEW = {"autocomplete": "new-password"}
WHY_TOKENS = "Whoever knew the password may have made one. Scripts that use yours need new ones."
EXPIRIES = {"7": "7 days", "30": "30 days", "90": "90 days", "365": "a year", "": "never"}


def new_password(label: str = "Password", help_text: str = STRENGTH) -> forms.CharField:
    """A field for a password that is not known yet."""
    return forms.CharField(label=label, strip=False, widget=forms.PasswordInput(NEW), help_text=help_text)


class TokenForm(forms.Form):
    """A new API token: for what, what it may do at most, and until when. What is not said is little."""

    label = forms.CharField(label="What is it for?", max_length=80, required=False)
    scope = forms.ChoiceField(label="It may", required=False)
    expires = forms.ChoiceField(label="It ends after", choices=list(EXPIRIES.items()), required=False)

    def __init__(self, access: Access, data: Any = None) -> None:
        super().__init__(data, initial={"scope": TokenScope.READ, "expires": "90"}, auto_id="token_%s")
        offered = [one for one in TokenScope if one is TokenScope.ADMIN or one.ceiling.rank <= access.role.rank]
        self.fields["scope"].choices = [(one.value, one.label) for one in offered]  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """`label`, `scope`, `expires_at` of a valid form."""
        days = self.cleaned_data["expires"] if "expires" in self.data else "90"
        ends: datetime | None = timezone.now() + timedelta(days=int(days)) if days else None
        scope = TokenScope(self.cleaned_data["scope"] or TokenScope.READ)
        return {"label": self.cleaned_data["label"], "scope": scope, "expires_at": ends}


class InviteForm(forms.Form):
    """Whom to invite as what."""

    role = forms.ChoiceField()
    email = forms.EmailField(label="E-mail", required=False, help_text="The address of the new account.")
    days = forms.IntegerField(label="Days it lasts", min_value=1, max_value=invitations.MOST_DAYS)
    max_uses = forms.IntegerField(label="People it is for", min_value=1, max_value=invitations.MOST_USES)

    def __init__(self, access: Access, data: Any = None) -> None:
        initial = {"role": Role.REVIEWER, "days": invitations.DAYS, "max_uses": 1}
        super().__init__(data, initial=initial, auto_id="invite_%s")
        if mail_is_on():
            self.fields["email"].help_text = "The link is mailed there; it becomes the address of the new account."
        roles = invitations.roles_to_give(access)
        self.fields["role"].choices = [(role.value, role.label) for role in roles]  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """The arguments of `invitations.invite`."""
        return {**self.cleaned_data, "role": Role(self.cleaned_data["role"])}


class JoinForm(forms.Form):
    """A name and a password for a new account."""

    username = forms.CharField(
        max_length=150,
        validators=[UnicodeUsernameValidator()],
        help_text="Letters, digits and @ . + - _",
        widget=forms.TextInput({"autocomplete": "username", "autocapitalize": "none"}),
    )
    password = new_password()
    again = new_password("The password again", "")

    def clean_username(self) -> str:
        name: str = User.normalize_username(self.cleaned_data["username"])
        if User.objects.filter(username__iexact=name).exists():
            raise ValidationError("Somebody has this name already.")
        return name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        password = cleaned.get("password")
        if password and password != cleaned.get("again"):
            self.add_error("again", "This is not the same password.")
        if password:
            try:
                validate_password(password, User(username=cleaned.get("username", "")))
            except ValidationError as error:
                self.add_error("password", error)
        return cleaned


class ForgottenForm(forms.Form):
    email = forms.EmailField(label="E-mail", widget=forms.EmailInput({"autocomplete": "email"}))


class NewPasswordForm(SetPasswordForm[User]):
    """A new password, twice."""

    new_password1 = new_password("New password")
    new_password2 = new_password("The new password again", "")
    end_tokens = forms.BooleanField(label="End my API tokens too", required=False, initial=True, help_text=WHY_TOKENS)


class OwnPassword(forms.Form):
    """A form that asks for the person's present password first; wrong ones are counted as at the login."""

    password = forms.CharField(
        label="Your present password",
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )

    def __init__(self, request: HttpRequest, data: Any = None, **more: Any) -> None:
        super().__init__(data, **more)
        self.request = request

    def clean_password(self) -> str:
        user: Any = self.request.user
        password: str = self.cleaned_data["password"]
        who = count_password(self.request, user.get_username())
        if not user.check_password(password):
            raise ValidationError("This is not your password.")
        forget_guesses(**who)
        prove(self.request)
        return password


class ChangePasswordForm(OwnPassword):
    """From the present password to a new one."""

    new = new_password("New password")
    again = new_password("The new password again", "")
    end_tokens = forms.BooleanField(label="End my API tokens too", required=False, help_text=WHY_TOKENS)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        new = cleaned.get("new")
        if new and new != cleaned.get("again"):
            self.add_error("again", "This is not the same password.")
        if new:
            user: Any = self.request.user
            try:
                validate_password(new, user)
            except ValidationError as error:
                self.add_error("new", error)
        return cleaned


class AddressForm(OwnPassword):
    """One's e-mail address, to which a link to a new password may be sent."""

    field_order = ("email", "password")
    email = forms.EmailField(label="E-mail", required=False, widget=forms.EmailInput({"autocomplete": "email"}))
