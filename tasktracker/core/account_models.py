"""How people come in and stay in: invitations, links to a new password, logins that are open."""

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import models
from django.utils import timezone

from tasktracker.core.enums import Role


class Invitation(models.Model):
    """A link with which somebody becomes a member; only its SHA-256 is stored."""

    workspace = models.ForeignKey("core.Workspace", on_delete=models.CASCADE, related_name="invitations")
    role = models.CharField(max_length=10, choices=Role, default=Role.REVIEWER)
    email = models.EmailField(blank=True, help_text="Whom it is for; becomes the address of a new account.")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    max_uses = models.PositiveSmallIntegerField(default=1)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(role__in=Role.values), name="invitation_role_known"),
            models.CheckConstraint(condition=models.Q(max_uses__gte=1), name="invitation_has_a_use"),
        ]
        indexes = [models.Index(fields=["workspace", "-id"], name="invitation_list")]

    def __str__(self) -> str:
        return f"invitation {self.pk} as {self.role}"


class InvitationUse(models.Model):
    """Who became a member by an invitation."""

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="uses")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["invitation", "user"], name="invitation_used_once_by_each")]

    def __str__(self) -> str:
        return f"{self.user_id} by {self.invitation_id}"


class PasswordLink(models.Model):
    """A link with which a person sets a new password, once; only its SHA-256 is stored."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="password_links")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The admin who made it; empty for one that was mailed.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return f"link to a new password for user {self.user_id}"


class LoginSession(models.Model):
    """A login that is open: it goes with the session it describes, whoever ends that."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="logins")
    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="login", editable=False)
    address = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=300, blank=True, help_text="What the browser calls itself.")
    started_at = models.DateTimeField(default=timezone.now, editable=False)
    seen_at = models.DateTimeField(default=timezone.now, editable=False)

    def __str__(self) -> str:
        return f"login {self.pk} of user {self.user_id}"


class TotpDevice(models.Model):
    """An authenticator app. It counts once a code of it was typed in."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="totp")
    sealed_key = models.TextField(editable=False)
    last_step = models.BigIntegerField(default=0, editable=False, help_text="The last code used: none works twice.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    confirmed_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return f"authenticator of user {self.user_id}"


class Passkey(models.Model):
    """A key that a device or a security key holds; this is its public half."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="passkeys")
    name = models.CharField(max_length=60)
    credential = models.BinaryField(editable=False, help_text="Attested credential data, as WebAuthn writes it.")
    credential_id = models.CharField(max_length=1400, unique=True, editable=False)
    sign_count = models.BigIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)

    def __str__(self) -> str:
        return self.name


class RecoveryCode(models.Model):
    """A code for a day without the device; it works once and is stored as a keyed hash."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes")
    digest = models.CharField(max_length=64, editable=False)
    used_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="recoverycode_once")]

    def __str__(self) -> str:
        return f"recovery code of user {self.user_id}"
