#!/usr/bin/env bash
# Build the image without a Docker engine, and train a member inside it: as non-root, with a
# read-only root file system, as AWS Batch runs it.
#
#     sudo infra/verify_image.sh
#
# Needs root, buildah and, for a base made here, debootstrap (apt-get install buildah debootstrap).
#   BASE=image        take this base image instead of making one
#   WHEELS=folder     prefer wheels of this folder, for instance torch without CUDA
#   WORK=folder       where to work (default: a temporary folder, removed at the end)
set -euo pipefail
cd "$(dirname "$0")/.."

for tool in buildah unshare chroot; do
  command -v "$tool" >/dev/null || { echo "verify_image: $tool is missing" >&2; exit 2; }
done
if [ "$(id -u)" -ne 0 ]; then echo "verify_image: run it as root" >&2; exit 2; fi

work=${WORK:-$(mktemp -d)}
mkdir -p "$work"
export STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
store=(--root "$work/storage" --runroot "$work/run")
container=
clean() {
  if [ -n "$container" ]; then buildah "${store[@]}" rm "$container" >/dev/null || true; fi
  if [ -z "${WORK:-}" ]; then rm -rf "$work"; fi
}
trap clean EXIT

make_base() {
  command -v debootstrap >/dev/null || { echo "verify_image: debootstrap is missing" >&2; exit 2; }
  [ -f "$work/base.tar" ] || {
    debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates \
      bookworm "$work/base" >"$work/debootstrap.log"
    tar --directory "$work/base" --exclude=./proc --exclude=./sys -cf "$work/base.tar" .
    rm -rf "$work/base"
  }
  local scratch
  scratch=$(buildah "${store[@]}" from scratch)
  buildah "${store[@]}" add --quiet "$scratch" "$work/base.tar" / >/dev/null
  buildah "${store[@]}" commit --quiet "$scratch" base >/dev/null
  buildah "${store[@]}" rm "$scratch" >/dev/null
}

build() {
  local options=(--file Dockerfile --tag member --format docker --build-arg "BASE=$1")
  # What this machine needs to reach its package index is lent to the build, not kept in it.
  options+=(--volume /etc/ssl/certs:/etc/ssl/certs:ro)
  printf '[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n' >"$work/pip.conf"
  if [ -n "${WHEELS:-}" ]; then
    printf 'find-links = %s\n' "$WHEELS" >>"$work/pip.conf"
    options+=(--volume "$WHEELS:$WHEELS:ro")
  fi
  options+=(--volume "$work/pip.conf:/etc/pip.conf:ro")
  buildah "${store[@]}" build "${options[@]}" . >"$work/build.log" 2>&1 \
    || { tail -40 "$work/build.log" >&2; exit 1; }
}

# Run a command in the image as Batch does: user 10001, nothing writable but /tmp.
inside() {
  local root=$1
  shift
  unshare --mount bash -euo pipefail -c '
    root=$1; shift
    mount --bind "$root" "$root"
    mount -o remount,bind,ro "$root"
    mount -t tmpfs -o nosuid,nodev tmpfs "$root/tmp"
    chmod 1777 "$root/tmp"
    mount -t tmpfs -o nosuid,nodev,mode=1777 tmpfs "$root/dev/shm"
    exec chroot --userspec=10001:10001 "$root" /usr/bin/env --ignore-environment --chdir=/app \
      PATH=/opt/venv/bin:/usr/bin:/bin HOME=/tmp MPLCONFIGDIR=/tmp/matplotlib DO_NOT_TRACK=1 \
      PYTHONDONTWRITEBYTECODE=1 LANG=C.UTF-8 "$@"
  ' inside "$root" "$@"
}

echo "== base"
base=${BASE:-}
if [ -z "$base" ]; then
  make_base
  base=localhost/base
fi
echo "== build"
SECONDS=0
build "$base"
container=$(buildah "${store[@]}" from member)
root=$(buildah "${store[@]}" mount "$container")
echo "built in $SECONDS s, $(du -sm "$root" | cut -f1) MB"

echo "== what is not in it"
inside "$root" bash -c '
  [ "$(id -u)" = 10001 ] || { echo "it runs as $(id -u)"; exit 1; }
  if touch /app/x 2>/dev/null; then echo "its root file system is writable"; exit 1; fi
  for module in kedro_viz pytest moto mypy; do
    if python -c "import $module" 2>/dev/null; then echo "$module is in the image"; exit 1; fi
  done
  for module in kedro mineral_prospectivity; do
    compiled=$(python -c "import $module; print($module.__cached__)")
    [ -f "$compiled" ] || { echo "$module is not compiled"; exit 1; }
  done
  echo "non-root, read-only, compiled, no development packages"'

echo "== a member trains inside it"
inside "$root" bash -c '
  cp -r /app/conf /app/data /tmp
  sed -i "s#^storage: .*#storage: /tmp/data#" /tmp/conf/base/globals.yml
  kedro run --pipelines data_engineering,training --conf-source /tmp/conf \
    --params ensemble.size=1,model.steps=20
  ls -l /tmp/data/06_models/demo/*.safetensors'
echo "the image is sound"
