# syntax=docker/dockerfile:1
# One image for every role: docker run belfry start --role scheduler|worker|api|all. See docs/guides/image.md.

# The current LTS. NODE_DIGEST=sha256:… pins the very image that the tag names today.
ARG NODE_TAG=24-bookworm-slim
ARG NODE_DIGEST=

FROM node:${NODE_TAG}${NODE_DIGEST:+@$NODE_DIGEST} AS base
# tini is PID 1: it hands signals on, and reaps what the programs of jobs leave behind, which Node does not.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends tini \
 && rm -rf /var/lib/apt/lists/*

FROM base AS build
WORKDIR /src
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --include=dev --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY bin ./bin
COPY scripts ./scripts
COPY src ./src
# The build goes on past type errors, but leaves its stamp only where there were none.
RUN npm run build && test -e dist/.stamp
RUN find dist \( -name '*.d.ts' -o -name '*.map' -o -name .stamp \) -delete

FROM base AS packages
WORKDIR /opt/belfry
COPY package.json package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --omit=dev --omit=peer --ignore-scripts --no-audit --no-fund

FROM base AS image
ARG BELFRY_VERSION=0.1.0
ARG BELFRY_REVISION=unknown
LABEL org.opencontainers.image.title="Belfry" \
      org.opencontainers.image.description="Distributed cron and background-job scheduler on Redis" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.source="https://github.com/belfry-dev/belfry" \
      org.opencontainers.image.documentation="https://github.com/belfry-dev/belfry/blob/main/docs/guides/image.md" \
      org.opencontainers.image.version="${BELFRY_VERSION}" \
      org.opencontainers.image.revision="${BELFRY_REVISION}"

WORKDIR /opt/belfry
COPY --from=packages /opt/belfry/node_modules ./node_modules
COPY --from=build /src/dist ./dist
COPY package.json LICENSE ./
COPY bin ./bin

# Users add their jobs to /app. Only /var/lib/belfry and /tmp are ever written to; everything else belongs to root.
RUN ln -s /opt/belfry/bin/belfry.js /usr/local/bin/belfry \
 && mkdir -p /app/jobs /var/lib/belfry \
 && chown 1000:1000 /var/lib/belfry

# NODE_PATH: optional packages that users install beside their jobs are found by Belfry too.
ENV NODE_ENV=production \
    NODE_PATH=/app/node_modules \
    TMPDIR=/tmp \
    BELFRY_HOST=0.0.0.0 \
    BELFRY_PORT=7466 \
    BELFRY_JOBS=/app/jobs \
    BELFRY_DATA=/var/lib/belfry

WORKDIR /app
USER 1000:1000
VOLUME ["/var/lib/belfry", "/tmp"]
EXPOSE 7466
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 CMD ["belfry", "healthcheck", "--timeout", "4s"]
ENTRYPOINT ["tini", "--", "belfry"]
CMD ["start", "--role", "all"]
