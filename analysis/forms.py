"""The forms of the settings pages: every mistake at its field, nothing typed lost but a key, which is never shown."""

import json
from typing import Any

from django import forms

from analysis import agents, providers, task_configs
from analysis.models import Agent, Assignment, Provider, TaskConfig
from knowledge.models import Project
from tasktracker.core.enums import ProviderKind, Purpose
from tasktracker.core.forms import SettingsForm
from tasktracker.core.models import User, Workspace

KINDS = {
    ProviderKind.OLLAMA: "Ollama",
    ProviderKind.OPENAI: "OpenAI",
    ProviderKind.ANTHROPIC: "Anthropic",
    ProviderKind.GEMINI: "Google Gemini",
    ProviderKind.MISTRAL: "Mistral",
    ProviderKind.OPENROUTER: "OpenRouter",
    ProviderKind.AZURE: "Azure OpenAI",
    ProviderKind.COMPATIBLE: "OpenAI-compatible server",
}
PURPOSES = [(purpose.value, purpose.value.replace("_", " ").capitalize()) for purpose in Purpose]
FALLBACKS = ("When it is down, ask", "then", "and then")


class ProviderForm(SettingsForm[Provider]):
    kind = forms.ChoiceField(choices=list(KINDS.items()))
    name = forms.CharField(max_length=120)
    base_url = forms.URLField(
        label="Address",
        max_length=300,
        required=False,
        assume_scheme="https",
        widget=forms.TextInput(attrs={"inputmode": "url", "spellcheck": "false", "autocomplete": "off"}),
        help_text="Empty: the vendor's own, or OLLAMA_URL. A new host clears the key.",
    )
    api_key = forms.CharField(
        label="Key", max_length=1000, required=False, widget=forms.PasswordInput(attrs={"autocomplete": "off"})
    )
    default_model = forms.CharField(
        max_length=200, required=False, widget=forms.TextInput(attrs={"list": "models", "autocomplete": "off"})
    )
    context_tokens = forms.IntegerField(
        label="Context, tokens", min_value=1024, max_value=10_000_000, help_text="What the model can read at once."
    )
    concurrency = forms.IntegerField(label="Calls at once", min_value=1, max_value=64)
    timeout_seconds = forms.IntegerField(label="Time limit, seconds", min_value=1, max_value=480)
    requests_per_minute = forms.IntegerField(
        label="Requests per minute", min_value=0, max_value=1_000_000, help_text="0: no limit."
    )
    tokens_per_minute = forms.IntegerField(
        label="Tokens per minute", min_value=0, max_value=1_000_000_000, help_text="0: no limit."
    )
    local = forms.BooleanField(
        required=False,
        label="Runs on hardware of our own",
        help_text="Texts of sources that are for local models only may go there.",
    )
    is_active = forms.BooleanField(required=False, label="Active")
    is_default = forms.BooleanField(required=False, label="The default for everything that no agent is assigned to")

    def __init__(self, row: Provider, workspace: Workspace, data: Any = None, initial: Any = None) -> None:
        super().__init__(row, workspace, data, initial)
        if row.kind == ProviderKind.OFFLINE:
            for name in set(self.fields) - {"is_default"}:
                del self.fields[name]

    def write(self, by: User) -> Provider:
        values = dict(self.cleaned_data)
        if not values.get("api_key"):
            values.pop("api_key", None)
        if not self.row.pk and not values.get("local"):
            values.pop("local", None)  # of a new one the service knows: an Ollama that the operator named is ours
        return providers.save_provider(provider=self.row, values=values)


class AgentForm(SettingsForm[Agent]):
    name = forms.CharField(max_length=120)
    purpose = forms.ChoiceField(choices=PURPOSES)
    provider = forms.ModelChoiceField(Provider.objects.none(), empty_label=None)
    model = forms.CharField(
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"list": "models", "autocomplete": "off"}),
        help_text="Empty: the provider's default model.",
    )
    temperature = forms.FloatField(min_value=0, max_value=2, widget=forms.NumberInput(attrs={"step": "0.1"}))
    max_tokens = forms.IntegerField(label="Longest answer, tokens", min_value=64, max_value=1_000_000)
    language = forms.CharField(max_length=10, required=False, help_text="Such as en or uk; empty: the project's.")
    instructions = forms.CharField(
        max_length=8_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="Added to the prompt, after our own.",
    )

    def __init__(self, row: Agent, workspace: Workspace, data: Any = None, initial: Any = None) -> None:
        super().__init__(row, workspace, data, initial)
        ours = Provider.objects.filter(workspace=workspace).order_by("name")
        provider: Any = self.fields["provider"]
        provider.queryset = ours
        for place in range(agents.MOST_FALLBACKS):
            # A select for each place, so that their order is the order in which they are asked.
            self.fields[f"fallback_{place}"] = forms.ModelChoiceField(
                ours.exclude(kind=ProviderKind.OFFLINE),
                required=False,
                label=FALLBACKS[place],
                empty_label="nobody",
                initial=row.fallbacks[place] if place < len(row.fallbacks) else None,
            )

    @property
    def fallbacks(self) -> list[Any]:
        """The fields of the fallbacks, for the page."""
        return [self[f"fallback_{place}"] for place in range(agents.MOST_FALLBACKS)]

    def values_of(self, row: Agent) -> dict[str, Any]:
        plain = {name: getattr(row, name) for name in self.base_fields if name != "provider"}
        return {**plain, "provider": row.provider_id}

    def field_of(self, name: str | None) -> str | None:
        return "fallback_0" if name == "fallbacks" else name

    def write(self, by: User) -> Agent:
        values = {name: value for name, value in self.cleaned_data.items() if not name.startswith("fallback_")}
        chosen = [self.cleaned_data[f"fallback_{place}"] for place in range(agents.MOST_FALLBACKS)]
        values["fallbacks"] = [one for one in chosen if one is not None]
        return agents.save_agent(agent=self.row, values=values, by=by)


class TaskConfigForm(SettingsForm[TaskConfig]):
    name = forms.CharField(max_length=120)
    project = forms.ModelChoiceField(Project.objects.none(), required=False, empty_label="every project")
    schema = forms.CharField(
        label="Fields, as a JSON Schema",
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 16, "class": "mono", "spellcheck": "false"}),
    )
    is_active = forms.BooleanField(required=False, label="Active")

    def __init__(self, row: TaskConfig, workspace: Workspace, data: Any = None, initial: Any = None) -> None:
        super().__init__(row, workspace, data, initial)
        self.fields["project"].queryset = Project.objects.filter(workspace=workspace)  # type: ignore[attr-defined]

    def values_of(self, row: TaskConfig) -> dict[str, Any]:
        return {**super().values_of(row), "project": row.project_id, "schema": written(row.schema)}

    def clean_schema(self) -> Any:
        return schema_of(self.cleaned_data["schema"])

    def write(self, by: User) -> TaskConfig:
        return task_configs.save_task_config(config=self.row, values=self.cleaned_data)


def written(schema: Any) -> str:
    """A schema as a person edits it."""
    return json.dumps(schema, indent=2, ensure_ascii=False)


def schema_of(text: str) -> Any:
    """The schema that was typed; `ValidationError` says where the text is no JSON."""
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise forms.ValidationError(f"This is not JSON: line {error.lineno}, column {error.colno}.") from None
    except (RecursionError, ValueError):
        raise forms.ValidationError("This is not JSON that can be read.") from None


class AssignmentForm(forms.Form):
    """Which agent does its work, in one project or in all."""

    agent = forms.ModelChoiceField(
        Agent.objects.none(), empty_label=None, widget=forms.Select(attrs={"aria-label": "Agent"})
    )
    project = forms.ModelChoiceField(
        Project.objects.none(),
        required=False,
        empty_label="the whole workspace",
        widget=forms.Select(attrs={"aria-label": "Where"}),
    )

    def __init__(self, workspace: Workspace, data: Any = None) -> None:
        super().__init__(data)
        rows = Agent.objects.filter(workspace=workspace).order_by("purpose", "name")
        agent: Any = self.fields["agent"]
        agent.queryset = rows
        agent.label_from_instance = lambda one: f"{one.purpose.replace('_', ' ')}: {one.name}"
        self.fields["project"].queryset = Project.objects.filter(workspace=workspace)  # type: ignore[attr-defined]

    def save(self, workspace: Workspace) -> Assignment:
        """Write a valid form."""
        return agents.assign_agent(
            workspace=workspace, agent=self.cleaned_data["agent"], project=self.cleaned_data["project"]
        )
