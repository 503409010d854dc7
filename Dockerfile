# The server as an image. Every other command of swr-tag-delete runs by its name:
#   docker build --tag swr-tag-delete .
#   docker run --rm swr-tag-delete mock --help
ARG NODE_IMAGE=docker.io/library/node:24.21.0-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci --include=dev --ignore-scripts --no-audit --no-fund
COPY . .
# What the package has. It brings all that it needs, so no node_modules.
RUN npm run --silent build \
  && npm pack --silent --ignore-scripts \
  && mkdir /package \
  && tar -xzf swr-tag-delete-*.tgz -C /package --strip-components=1 --no-same-owner \
  && chmod -R go=u,go-w /package

FROM ${NODE_IMAGE}
ARG REVISION=unknown
LABEL org.opencontainers.image.title="swr-tag-delete" \
  org.opencontainers.image.description="Deletes exactly one tag of a container image, and never its siblings" \
  org.opencontainers.image.version="0.1.0" \
  org.opencontainers.image.revision="${REVISION}" \
  org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /package /opt/swr-tag-delete
RUN ln -s /opt/swr-tag-delete/dist/swr-tag-delete.js /usr/local/bin/swr-tag-delete \
  && chmod +x /opt/swr-tag-delete/dist/swr-tag-delete.js \
  && install -d -m 0750 -o 10001 -g 10001 /data
ENV NODE_ENV=production HOST=0.0.0.0 DATA_DIR=/data
# Images on disk; with STORE=registry the deletes under way. Nothing else is written, so --read-only works.
VOLUME /data
EXPOSE 8080
USER 10001:10001
WORKDIR /data
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.ADMIN_PORT || 9090}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--no-memory-reducer", "/opt/swr-tag-delete/dist/swr-tag-delete.js"]
CMD ["serve"]
