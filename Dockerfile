# The gateway as an image: `docker build -t isogloss .`, or as part of compose.yaml.
#
# Without settings it keeps SQLite and files under /data and asks for credentials: the first start prints the password
# of the user `admin`, unless ISOGLOSS_ADMIN_PASSWORD gives one.

FROM python:3.13-slim AS build

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/isogloss
WORKDIR /source

# The pinned packages first: they change seldom, and their layer is kept meanwhile.
COPY constraints.txt ./
RUN /opt/isogloss/bin/pip install --require-hashes --requirement constraints.txt

COPY pyproject.toml README.md LICENSE ./
COPY isogloss ./isogloss
RUN /opt/isogloss/bin/pip install --no-deps --no-build-isolation .


FROM python:3.13-slim

RUN useradd --system --uid 10001 --user-group --no-create-home --home-dir /data isogloss \
    && install --directory --owner=isogloss --group=isogloss --mode=0700 /data
COPY --from=build /opt/isogloss /opt/isogloss

# The address is reached from other machines, so what is a default elsewhere has to be said here.
ENV PATH=/opt/isogloss/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ISOGLOSS_HOME=/data \
    ISOGLOSS_AUTH=required

USER isogloss
WORKDIR /data
VOLUME /data
EXPOSE 8000

HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=4)"]

ENTRYPOINT ["isogloss"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
