# The image of every process. What it runs is decided by its arguments:
#
#   docker build -t headgate .
#   docker run --rm headgate --help
#   docker run --rm -v ./deploy:/etc/headgate:ro headgate worker
#
# Two stages: the first compiles quickfix and builds our own wheel from locked sources; the second
# holds an interpreter, the installed packages and nothing else: no compiler, no pip cache, no source.

# An exact tag; pin its digest where your registry is: --build-arg PYTHON_IMAGE=python@sha256:...
ARG PYTHON_IMAGE=python:3.11.14-slim-bookworm

FROM ${PYTHON_IMAGE} AS builder
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_NO_INPUT=1
WORKDIR /build
# Any g++ of the release will do; it leaves nothing in the image but quickfix's module.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends g++ \
    && rm -rf /var/lib/apt/lists/*

# What we depend on, by hash. quickfix is published as source only; it compiles for about five
# minutes, in a layer of its own, so that a change of our code does not compile it again. Nothing
# unpinned is pulled for a build: the tools are those of requirements-build.lock.
COPY requirements-build.lock requirements.lock ./
RUN pip install --require-hashes -r requirements-build.lock
# hadolint ignore=DL3059
RUN CFLAGS="-g0" pip wheel --no-deps --no-build-isolation --use-pep517 --require-hashes \
        --only-binary :all: --no-binary quickfix -w /wheels -r requirements.lock

COPY pyproject.toml hatch_build.py LICENSE NOTICE ./
COPY headgate headgate
COPY domain domain
COPY bus bus
COPY marketdata marketdata
COPY algos algos
COPY router router
COPY gateway gateway
COPY venuesim venuesim
COPY tca tca
COPY simulation simulation
COPY fixconfig fixconfig
COPY deploy/headgate.toml deploy/instruments.toml deploy/
RUN pip wheel --no-deps --no-build-isolation -w /wheels .

# The directory that becomes the image, complete and checked. Our import names are plain words that
# other distributions use too (PyPI has an `algos` and a `router`): each must be ours alone.
RUN python -m venv --without-pip /opt/headgate \
    && pip --python /opt/headgate/bin/python install --no-index --no-deps /wheels/*.whl \
    && pip --python /opt/headgate/bin/python check
WORKDIR /
RUN ["/opt/headgate/bin/python", "-P", "-c", "\
from importlib.metadata import packages_distributions as owners\n\
names = 'headgate domain bus marketdata algos router gateway venuesim tca simulation'.split()\n\
wrong = {name: owners().get(name) for name in names if owners().get(name) != ['headgate']}\n\
assert not wrong, f'not from headgate alone: {wrong}'\n\
import quickfix, confluent_kafka, headgate.command_line\n"]


FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="headgate" \
      org.opencontainers.image.description="An execution engine beside the OMS" \
      org.opencontainers.image.licenses="Apache-2.0"
# A fixed uid without a name to log in as. The FIX stores are the only state outside Kafka; all else
# may be mounted read-only (give it a tmpfs on /tmp).
RUN groupadd --gid 10001 headgate \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /nonexistent \
        --shell /usr/sbin/nologin headgate \
    && install -d -o headgate -g headgate -m 0700 \
        /var/lib/headgate /var/lib/headgate/oms /var/lib/headgate/venues /var/lib/headgate/venuesim
COPY --from=builder /opt/headgate /opt/headgate

# PYTHONSAFEPATH: what lies in the working directory is never imported. The probes must be reached
# from outside the container, so it listens on all its addresses. LOGNAME: who orders a kill where
# nobody is named, also under a uid that has no name.
ENV PATH=/opt/headgate/bin:$PATH \
    PYTHONSAFEPATH=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    LOGNAME=headgate \
    HEADGATE_SETTINGS=/etc/headgate/headgate.toml \
    HEADGATE__HTTP__HOST=0.0.0.0 \
    HEADGATE__HTTP__PORT=8080 \
    HEADGATE__OMS__STORE_DIR=/var/lib/headgate/oms \
    HEADGATE__VENUE_ACCESS__STORE_DIR=/var/lib/headgate/venues \
    HEADGATE__VENUESIM__STORE_DIR=/var/lib/headgate/venuesim
WORKDIR /var/lib/headgate
USER 10001:10001
EXPOSE 8080 9880
# Alive, not ready: a process that waits for its broker or its venue is not to be killed for it.
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
    CMD ["/opt/headgate/bin/python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['HEADGATE__HTTP__PORT'] + '/livez', timeout=2)"]
# SIGTERM drains: stop deciding, flush, commit, log out.
STOPSIGNAL SIGTERM
ENTRYPOINT ["headgate"]
CMD ["--help"]
