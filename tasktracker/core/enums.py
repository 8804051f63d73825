"""The product's enumerations, one place each: prompts, schemas, database and screens use the same."""

from django.db.models import TextChoices


class Role(TextChoices):
    """What a member may do in a workspace, in growing order."""

    VIEWER = "viewer"
    REVIEWER = "reviewer"
    MANAGER = "manager"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """0 for a viewer to 3 for an admin."""
        return list(Role).index(self)


class TokenScope(TextChoices):
    """What an API token may do at most, whatever the role of its owner."""

    READ = "read", "Read: look, change nothing"
    INGEST = "ingest", "Ingest: send messages in, and nothing else"
    REVIEW = "review", "Review: read, send messages, decide and edit, as a reviewer"
    WRITE = "write", "Write: the same and runs, projects and rules, as a manager"
    ADMIN = "admin", "Everything that your role allows"

    @property
    def ceiling(self) -> Role:
        """The highest role that a token of this scope acts in."""
        return {
            TokenScope.READ: Role.VIEWER,
            TokenScope.INGEST: Role.REVIEWER,
            TokenScope.REVIEW: Role.REVIEWER,
            TokenScope.WRITE: Role.MANAGER,
            TokenScope.ADMIN: Role.ADMIN,
        }[self]


class Guess(TextChoices):
    """What was guessed at, when an account is locked out."""

    FIRST_STEP = "first_step", "password"
    SECOND_STEP = "second_step", "code of the second step"


class AtomType(TextChoices):
    PROBLEM = "problem"
    SOLUTION = "solution"
    DECISION = "decision"
    QUESTION = "question"
    INSIGHT = "insight"
    IDEA = "idea"
    BLOCKER = "blocker"
    RISK = "risk"
    REQUIREMENT = "requirement"


class LinkType(TextChoices):
    CONTINUES = "continues"
    SOLVES = "solves"
    CONTRADICTS = "contradicts"
    SUPPORTS = "supports"
    REFINES = "refines"
    RELATES_TO = "relates_to"
    DEPENDS_ON = "depends_on"
    SUPERSEDES = "supersedes"


class MessageCategory(TextChoices):
    BUG = "bug"
    FEATURE = "feature"
    QUESTION = "question"
    TASK = "task"
    DECISION = "decision"
    DISCUSSION = "discussion"
    NOISE = "noise"


class Verdict(TextChoices):
    NOISE = "noise"
    WEAK = "weak"
    SIGNAL = "signal"


class TaskCategory(TextChoices):
    BUG = "bug"
    FEATURE = "feature"
    IMPROVEMENT = "improvement"
    QUESTION = "question"
    CHORE = "chore"


class Priority(TextChoices):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class TaskStatus(TextChoices):
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    CANCELLED = "cancelled"


class Recommendation(TextChoices):
    NEW_TASK = "new_task"
    UPDATE_EXISTING = "update_existing"
    MERGE = "merge"
    REJECT = "reject"


class Tier(TextChoices):
    """Confidence in a word: high above 0.9, medium from 0.7 to 0.9, low below 0.7."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @classmethod
    def of(cls, confidence: float) -> "Tier":
        if confidence > 0.9:
            return cls.HIGH
        return cls.MEDIUM if confidence >= 0.7 else cls.LOW


class Stage(TextChoices):
    KNOWLEDGE = "knowledge"
    TASKS = "tasks"


class Purpose(TextChoices):
    SCORE_NOISE = "score_noise"
    CLASSIFY = "classify"
    EXTRACT_KNOWLEDGE = "extract_knowledge"
    PROPOSE_TASKS = "propose_tasks"
    JUDGE_SAME = "judge_same"


class ProviderKind(TextChoices):
    OFFLINE = "offline"
    OLLAMA = "ollama"
    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    GEMINI = "gemini"
    MISTRAL = "mistral"
    OPENROUTER = "openrouter"
    AZURE = "azure"
    COMPATIBLE = "openai-compatible", "OpenAI-compatible"


class RejectReason(TextChoices):
    NOISE = "noise"
    DUPLICATE = "duplicate"
    NOT_ACTIONABLE = "not_actionable"
    ALREADY_DONE = "already_done"
    WRONG_FACTS = "wrong_facts"
    WRONG_TOPIC = "wrong_topic"
    OUT_OF_SCOPE = "out_of_scope"
