# Two stages: everything is installed and byte-compiled in the first, the second holds no build tool.
FROM python:3.11-slim-bookworm AS build
WORKDIR /src
COPY pyproject.toml requirements.lock README.md LICENSE ./
COPY imaging imaging
COPY models models
COPY sample_dicoms sample_dicoms
COPY service service
RUN python -m venv /opt/sonoplace \
 && /opt/sonoplace/bin/pip install --no-cache-dir --require-hashes -r requirements.lock \
 && /opt/sonoplace/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/sonoplace --create-home sonoplace
COPY --from=build /opt/sonoplace /opt/sonoplace
USER sonoplace
# Nothing asks who is calling yet: publish the port to trusted networks only.
ENV SONOPLACE_DATA_DIR=/var/lib/sonoplace SONOPLACE_HOST=0.0.0.0
VOLUME /var/lib/sonoplace
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=3s --start-period=10s \
  CMD ["/opt/sonoplace/bin/python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz', timeout=2)"]
ENTRYPOINT ["/opt/sonoplace/bin/sonoplace"]
CMD ["serve"]
