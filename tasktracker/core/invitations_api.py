"""The API of invitations: who was invited as what, a new one with its link, and one taken back."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tasktracker.core import invitations, inviting_mail
from tasktracker.core.account_models import Invitation
from tasktracker.core.api import WorkspaceViewSet, created
from tasktracker.core.enums import Role
from tasktracker.core.idempotency import idempotent_secret


class InvitationSerializer(serializers.ModelSerializer[Invitation]):
    """`state` is open, used, expired or revoked. What the link is was said once, when it was made."""

    state = serializers.SerializerMethodField()
    used = serializers.IntegerField(read_only=True)
    created_by = serializers.CharField(source="created_by.username", default=None, read_only=True)

    class Meta:
        model = Invitation
        fields = ["id", "role", "email", "state", "used", "max_uses", "created_by", "created_at", "expires_at"]
        read_only_fields = fields

    def get_state(self, invitation: Any) -> str:
        return invitations.state_of(invitation, invitation.used)


class NewInvitationSerializer(serializers.Serializer[Any]):
    """Whom to invite as what. With an `email`, and where mail is set up, the link is mailed there."""

    role = serializers.ChoiceField(choices=Role.choices, default=Role.REVIEWER)
    email = serializers.EmailField(required=False, allow_blank=True, default="", max_length=254)
    days = serializers.IntegerField(min_value=1, max_value=invitations.MOST_DAYS, default=invitations.DAYS)
    max_uses = serializers.IntegerField(min_value=1, max_value=invitations.MOST_USES, default=1)


class MadeInvitationSerializer(InvitationSerializer):
    """`link` is seen this once; `mail` says what became of the mail, "" where no address was given."""

    link = serializers.CharField(read_only=True)
    mail = serializers.CharField(read_only=True)

    class Meta(InvitationSerializer.Meta):
        fields = [*InvitationSerializer.Meta.fields, "link", "mail"]
        read_only_fields = fields


class InvitationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.DestroyModelMixin, WorkspaceViewSet):
    """Invitations by link. A manager invites viewers and reviewers, an admin everybody; DELETE takes one back."""

    queryset = Invitation.objects.order_by("-id")
    serializer_class = InvitationSerializer
    read_role = write_role = Role.MANAGER
    http_method_names = ["get", "post", "delete", "head", "options"]

    def get_queryset(self) -> Any:
        if getattr(self, "swagger_fake_view", False):
            return Invitation.objects.none()
        return invitations.listed(self.access.workspace)

    @extend_schema(request=NewInvitationSerializer, responses={201: MadeInvitationSerializer})
    @idempotent_secret
    def create(self, request: Request) -> Response:
        """Make one. The answer holds its link, which is stored only as a hash."""
        given = NewInvitationSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wanted = {**given.validated_data, "role": Role(given.validated_data["role"])}
        made, token = invitations.invite(access=self.access, **wanted)
        row: Any = self.get_queryset().get(pk=made.pk)
        row.link = request.build_absolute_uri(reverse("join", args=[token]))
        row.mail = inviting_mail.send_later(invitation=made, link=row.link)
        return created(MadeInvitationSerializer(row).data)

    def perform_destroy(self, instance: Invitation) -> None:
        """It stays in the list, as revoked."""
        invitations.revoke(access=self.access, invitation_id=instance.pk)
