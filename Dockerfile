# Two stages: everything is installed and byte-compiled in the first; the second holds the result and no build tool.
# `.ci/dockerfile_steps.py` executes these steps where there is no container engine.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY deploy/build.lock deploy/runtime.lock deploy/
RUN python -m venv /opt/build \
 && /opt/build/bin/pip install --no-cache-dir --require-hashes -r deploy/build.lock \
 && python -m venv --without-pip /opt/sonoplace \
 && /opt/build/bin/pip --python /opt/sonoplace/bin/python install --no-cache-dir --require-hashes -r deploy/runtime.lock
COPY LICENSE README.md pyproject.toml ./
COPY benchmarks benchmarks
COPY imaging imaging
COPY models models
COPY sample_dicoms sample_dicoms
COPY service service
RUN /opt/build/bin/hatchling build -t wheel -d /wheels \
 && /opt/build/bin/pip --python /opt/sonoplace/bin/python install --no-cache-dir --no-deps --no-index /wheels/*.whl

FROM python:3.11-slim-bookworm
RUN rm -rf /usr/local/bin/pip* /usr/local/lib/python3.11/ensurepip /usr/local/lib/python3.11/site-packages/* \
 && useradd --system --uid 10001 --user-group --home-dir /var/lib/sonoplace --create-home sonoplace \
 && chmod 0700 /var/lib/sonoplace
COPY --from=build /opt/sonoplace /opt/sonoplace
USER 10001:10001
# Not on loopback, so access is required: `sonoplace keys create` makes the first key (README, Operate).
ENV SONOPLACE_HOST=0.0.0.0 SONOPLACE_DATA_DIR=/var/lib/sonoplace HOME=/var/lib/sonoplace PYTHONUNBUFFERED=1
# The root file system may be read-only; this and /tmp are written to.
VOLUME /var/lib/sonoplace
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=3s --start-period=20s \
  CMD ["/opt/sonoplace/bin/python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
ENTRYPOINT ["/opt/sonoplace/bin/sonoplace"]
CMD ["serve"]
