# syntax=docker/dockerfile:1
# One image for every process: `serve`, `work`, `migrate` on servers of your own (docker-compose.yml),
# or `up` with the servers that come inside.

FROM node:22-slim AS playground
WORKDIR /build
COPY app/playground/package.json app/playground/package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund


FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 \
    PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/revenge
WORKDIR /build
# The dependencies first: they change seldom, and their layer is kept.
COPY requirements/run.lock requirements/build.lock requirements/
RUN /opt/revenge/bin/pip install --require-hashes --only-binary :all: -r requirements/run.lock \
    && python -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes --only-binary :all: -r requirements/build.lock
COPY pyproject.toml README.md LICENSE ./
COPY app app
COPY workers workers
COPY migrations migrations
# Build tools stay in an environment of their own; the finished one holds what runs, and no more.
RUN /opt/build/bin/pip wheel --no-deps --no-build-isolation --wheel-dir dist . \
    && /opt/revenge/bin/pip install --no-deps --no-index dist/*.whl \
    && /opt/revenge/bin/python -m compileall -q /opt/revenge/lib
COPY --from=playground /build/node_modules \
     /opt/revenge/lib/python3.13/site-packages/app/playground/node_modules


FROM python:3.13-slim
LABEL org.opencontainers.image.title="Revenge" \
      org.opencontainers.image.description="A self-hosted media server with one GraphQL API" \
      org.opencontainers.image.licenses="AGPL-3.0-or-later"
# A fixed number, so that the owner of a volume stays the same from one image to the next; an entry
# in /etc/passwd, because PostgreSQL asks who runs it.
RUN groupadd --gid 10001 revenge \
    && useradd --uid 10001 --gid 10001 --home-dir /var/lib/revenge --shell /usr/sbin/nologin revenge \
    && install -d -o revenge -g revenge -m 0700 /var/lib/revenge
COPY --from=build /opt/revenge /opt/revenge
ENV PATH=/opt/revenge/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    REVENGE_DATA_DIR=/var/lib/revenge \
    REVENGE_SERVER__HOST=0.0.0.0 \
    REVENGE_METRICS__HOST=0.0.0.0
USER 10001:10001
WORKDIR /var/lib/revenge
VOLUME ["/var/lib/revenge"]
EXPOSE 8096 9096 9097 9098
# Of the API; docker-compose.yml asks the workers by their metrics.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s --retries=4 \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://127.0.0.1:' + os.environ.get('REVENGE_SERVER__PORT', '8096') + '/readyz', timeout=4)"]
ENTRYPOINT ["revenge"]
CMD ["up"]
