# A separate stage installs the dependencies, so that pip's leftovers are not in the image.
FROM python:3.11-slim AS build

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/nagare
ENV PATH=/opt/nagare/bin:$PATH

WORKDIR /srv/nagare
# Dependencies come first, so that a change of our own code does not install them again.
COPY requirements.txt .
RUN pip install --require-hashes -r requirements.txt
COPY . .
# Compiled here, because a container with a read-only root would compile at every start.
RUN pip install --no-deps --no-build-isolation -e . \
    && python -m compileall -q app tasks celeryconfig.py gunicorn.conf.py wsgi.py

FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PATH=/opt/nagare/bin:$PATH \
    NAGARE_HOME=/var/lib/nagare NAGARE_BIND=0.0.0.0

RUN groupadd --system --gid 10001 nagare \
    && useradd --system --uid 10001 --gid nagare --no-create-home --shell /usr/sbin/nologin nagare \
    && install -d -o nagare -g nagare -m 0700 /var/lib/nagare

COPY --from=build /opt/nagare /opt/nagare
COPY --from=build /srv/nagare /srv/nagare
WORKDIR /srv/nagare

# A number, because an orchestrator that rejects root cannot look up a name.
USER 10001:10001
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ.get('NAGARE_PORT', '8080') + '/healthz', timeout=4)"]
CMD ["gunicorn", "-c", "gunicorn.conf.py", "wsgi:application"]
