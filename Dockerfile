# The image of web, stream and worker; compose.yaml says which is which.
FROM python:3.12.11-slim-trixie AS build
WORKDIR /opt/infloo
COPY requirements.txt .
RUN python -m venv .venv && .venv/bin/pip install --no-cache-dir --require-hashes --requirement requirements.txt

FROM python:3.12.11-slim-trixie
# pg_dump and pg_restore, for `manage.py backup` and `restore`.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-client \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 infloo \
    && install -d -o infloo -g infloo /run/infloo /var/lib/infloo /var/lib/infloo/static /var/lib/infloo/metrics
WORKDIR /opt/infloo
COPY --from=build /opt/infloo/.venv .venv
COPY . .
RUN .venv/bin/python -m compileall -q api.py apps config
ENV PATH=/opt/infloo/.venv/bin:$PATH PYTHONUNBUFFERED=1 DATA_DIR=/var/lib/infloo
USER infloo
HEALTHCHECK --start-period=30s CMD ["python", "deploy/healthcheck.py", "/run/infloo/web.sock"]
CMD ["gunicorn", "--config", "deploy/gunicorn.conf.py"]
