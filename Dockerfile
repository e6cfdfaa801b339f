# One instance: docker build -t stowage . && docker run --rm -p 127.0.0.1:5000:5000 -v registry:/var/lib/registry stowage
# Several: deploy/compose.yaml, deploy/kubernetes. Works with --read-only and any user that may write to the volume.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
# Do not run scripts of packages: the only one that matters would download another Node.
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts
COPY . .
# Install what would be published, with the dependencies of the lock file.
RUN npm run -s build \
  && npm pack --ignore-scripts --silent \
  && mkdir /out \
  && tar -xzf stowage-*.tgz -C /out --strip-components=1 \
  && cp package-lock.json /out/ \
  && chmod +x /out/dist/bundle/bin.js \
  && cd /out \
  && npm ci --omit=dev --ignore-scripts

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
COPY --from=build /out /usr/local/lib/stowage
COPY deploy/config.yml /etc/stowage/config.yml
# A new volume inherits the owner of this folder.
RUN ln -s /usr/local/lib/stowage/dist/bundle/bin.js /usr/local/bin/stowage \
  && mkdir -p /var/lib/registry \
  && chown 1000:1000 /var/lib/registry
# A number, because Kubernetes cannot tell whether a name is root (runAsNonRoot).
USER 1000:1000
WORKDIR /var/lib/registry
VOLUME /var/lib/registry
EXPOSE 5000
# A restart of the container helps if the process hangs, and not if the storage is unavailable: hence /livez.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:5000/livez').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# No shell, so that SIGTERM reaches the registry.
ENTRYPOINT ["stowage"]
CMD ["serve", "/etc/stowage/config.yml"]
